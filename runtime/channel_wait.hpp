#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/channel_state.hpp"
#include "runtime/check.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// The wait of a sender: for the last of its values to be taken.
template <class T, class List>
class channel_sender : public List::entry {
    using state = channel_state<T, List>;
    using section = typename List::section;

  public:
    bool launch() noexcept {
        if (!this->admitted()) return false;
        section now(to_.lock);
        if (to_.closed) return this->refuse(make_error_code(error::closed));
        for (; !left_.empty(); left_ = left_.subspan(1)) {
            if (!to_.can_send()) return this->enter(now);
            if (!to_.put(left_.front(), now)) return this->refuse(no_memory());
        }
        return this->pass();
    }

    /// One of its values goes. Returns: false when there is no memory for it: the wait has failed.
    bool hand_over(channel_queue<T>& values, section& now) noexcept {
        if (!values.push(std::move(left_.front()))) {
            this->fail(no_memory(), now);
            return false;
        }
        left_ = left_.subspan(1);
        if (left_.empty()) this->release(now);
        return true;
    }

  protected:
    channel_sender(state& to, std::span<T> values) noexcept
        : List::entry(to.senders, "channel send"), to_(to), left_(values) {}
    ~channel_sender() = default;

    std::size_t left() const noexcept { return left_.size(); }

  private:
    static std::error_code no_memory() noexcept {
        return std::make_error_code(std::errc::not_enough_memory);
    }

    state& to_;
    std::span<T> left_;
};

template <class T, class List>
class channel_sending final : public channel_sender<T, List>,
                              public awaiting<channel_sending<T, List>> {
  public:
    channel_sending(channel_state<T, List>& to, T& value) noexcept
        : channel_sender<T, List>(to, std::span(&value, 1)) {}
    ~channel_sending() { this->leave(); }

    result<void> await_resume() noexcept { return this->outcome(); }
};

template <class T, class List>
class channel_sending_all final : public channel_sender<T, List>,
                                  public awaiting<channel_sending_all<T, List>> {
  public:
    channel_sending_all(channel_state<T, List>& to, std::span<T> values) noexcept
        : channel_sender<T, List>(to, values), count_(values.size()) {}
    ~channel_sending_all() { this->leave(); }

    transfer await_resume() noexcept { return {this->outcome().error(), count_ - this->left()}; }

  private:
    const std::size_t count_;
};

/// The wait of a receiver: for a value to be promised to it.
template <class T, class List>
class channel_receiver : public List::entry {
  protected:
    using state = channel_state<T, List>;
    using section = typename List::section;

  public:
    bool launch() noexcept {
        return begin([this](section&) noexcept { ++from_.claimed; });
    }

    bool await_ready() const noexcept { return false; }

  protected:
    explicit channel_receiver(state& from) noexcept
        : List::entry(from.receivers, "channel receive"), from_(from) {}
    ~channel_receiver() = default;

    /// For `await_suspend`. Where a section costs something, what is there is taken in the first
    /// one: nobody can destroy the wait before its coroutine goes on.
    template <class Promise, class Take>
    bool suspend(std::coroutine_handle<Promise> coroutine, Take take) noexcept {
        this->attach(coroutine);
        if (!List::guarded || here.immediate <= 0) return launch() || queue_if_budget_spent(*this);
        if (begin(take)) return true;
        --here.immediate;
        return false;
    }

    /// What was promised is no longer claimed, but taken.
    template <class Take>
    auto redeem(Take take) noexcept {
        section now(from_.lock);
        --from_.claimed;
        return take(now);
    }

    state& from_;

  private:
    /// Calls `take` when there is a value.
    template <class Take>
    bool begin(Take take) noexcept {
        if (!this->admitted()) return false;
        section now(from_.lock);
        if (from_.can_receive(now)) {
            take(now);
            return this->pass();
        }
        if (from_.drained()) return this->refuse(make_error_code(error::closed));
        return this->enter(now);
    }

    bool give_back(section& now) noexcept override {
        --from_.claimed;
        from_.promise(now);
        return true;
    }
};

template <class T, class List>
class channel_receiving final : public channel_receiver<T, List> {
    using section = typename List::section;

  public:
    explicit channel_receiving(channel_state<T, List>& from) noexcept
        : channel_receiver<T, List>(from) {}
    ~channel_receiving() { this->leave(); }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        return this->suspend(
            coroutine, [this](section& now) noexcept { value_.emplace(this->from_.take(now)); });
    }

    result<T> await_resume() noexcept {
        if (!this->told()) [[unlikely]]
            return this->error_;
        if (value_) return *std::move(value_);
        return this->redeem([this](section& now) noexcept { return this->from_.take(now); });
    }

  private:
    std::optional<T> value_;
};

template <class T, class List>
class channel_receiving_some final : public channel_receiver<T, List> {
    using section = typename List::section;

  public:
    channel_receiving_some(channel_state<T, List>& from, std::vector<T>& into) noexcept
        : channel_receiver<T, List>(from), into_(into) {}
    ~channel_receiving_some() { this->leave(); }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        return this->suspend(coroutine, [this](section& now) noexcept { count_ = take_some(now); });
    }

    result<std::size_t> await_resume() noexcept {
        if (!this->told()) [[unlikely]]
            return this->error_;
        if (count_ > 0) return count_;
        return this->redeem([this](section& now) noexcept { return take_some(now); });
    }

  private:
    std::size_t take_some(section& now) noexcept {
        const std::size_t count = this->from_.take_some(into_, now);
        check(count > 0, "channel: the vector of a receive_some was filled while it waited");
        return count;
    }

    std::vector<T>& into_;
    std::size_t count_ = 0;
};

}  // namespace lariat
