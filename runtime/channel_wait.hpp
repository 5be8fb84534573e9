#pragma once

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

    /// One of its values goes. Without memory for it the wait fails.
    void hand_over(channel_queue<T>& values, section& now) noexcept {
        if (!values.push(std::move(left_.front()))) return this->fail(no_memory(), now);
        left_ = left_.subspan(1);
        if (left_.empty()) this->release(now);
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
struct channel_send {
    channel_state<T, List>& to;
    T& what;

    const void* waits_for() const noexcept { return &to.senders; }

    bool succeeds() noexcept {
        typename List::section now(to.lock);
        // Without memory the wait fails; it is not tried for twice.
        return to.can_send() && to.values.has_room() && to.put(what, now);
    }

    result<void> value() const noexcept { return {}; }
};

template <class T, class List>
class channel_sending final : public channel_sender<T, List> {
  public:
    explicit channel_sending(const channel_send<T, List>& send) noexcept
        : channel_sender<T, List>(send.to, std::span(&send.what, 1)) {}
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
        if (!this->admitted()) return false;
        section now(from_.lock);
        if (from_.can_receive(now)) {
            from_.claim(now);
            settle(now);
            return this->pass();
        }
        if (from_.drained()) return this->refuse(make_error_code(error::closed));
        return this->enter(now);
    }

  protected:
    explicit channel_receiver(state& from) noexcept
        : List::entry(from.receivers, "channel receive"), from_(from) {}
    ~channel_receiver() = default;

    /// What was promised is no longer claimed, but taken.
    template <class Take>
    auto redeem(Take take) noexcept {
        section now(from_.lock);
        --from_.claimed;
        --from_.settled;
        return take(now);
    }

    state& from_;

  private:
    /// It is over, and nobody takes the value from it: others need not wait for that.
    void run() noexcept override {
        // One that passed is settled; it may be queued still, when a turn's budget is spent.
        if (this->has_been_given() && !settled_) {
            section now(from_.lock);
            settle(now);
        }
        List::entry::run();
    }

    void settle(section& now) noexcept {
        settled_ = true;
        from_.settle(now);
    }

    bool give_back(section& now) noexcept override {
        --from_.claimed;
        if (settled_) --from_.settled;
        from_.promise(now);
        return true;
    }

    bool settled_ = false;
};

template <class T, class List>
struct channel_receive {
    channel_state<T, List>& from;
    std::optional<T> taken = std::nullopt;

    const void* waits_for() const noexcept { return &from.receivers; }

    bool succeeds() noexcept {
        typename List::section now(from.lock);
        if (!from.can_receive(now)) return false;
        taken.emplace(from.take(now));
        return true;
    }

    result<T> value() noexcept { return *std::move(taken); }
};

template <class T, class List>
class channel_receiving final : public channel_receiver<T, List> {
  public:
    explicit channel_receiving(const channel_receive<T, List>& receive) noexcept
        : channel_receiver<T, List>(receive.from) {}
    ~channel_receiving() { this->leave(); }

    result<T> await_resume() noexcept {
        if (!this->told()) [[unlikely]]
            return this->error_;
        return this->redeem([this](auto& now) noexcept { return this->from_.take(now); });
    }
};

template <class T, class List>
struct channel_receive_some {
    channel_state<T, List>& from;
    std::vector<T>& into;
    std::size_t taken = 0;

    const void* waits_for() const noexcept { return &from.receivers; }

    bool succeeds() noexcept {
        typename List::section now(from.lock);
        taken = from.take_some(into, now);
        return taken > 0;
    }

    result<std::size_t> value() const noexcept { return taken; }
};

template <class T, class List>
class channel_receiving_some final : public channel_receiver<T, List> {
  public:
    explicit channel_receiving_some(const channel_receive_some<T, List>& receive) noexcept
        : channel_receiver<T, List>(receive.from), into_(receive.into) {}
    ~channel_receiving_some() { this->leave(); }

    result<std::size_t> await_resume() noexcept {
        if (!this->told()) [[unlikely]]
            return this->error_;
        const std::size_t count =
            this->redeem([this](auto& now) noexcept { return this->from_.take_some(into_, now); });
        check(count > 0, "channel: the vector of a receive_some was filled while it waited");
        return count;
    }

  private:
    std::vector<T>& into_;
};

}  // namespace lariat
