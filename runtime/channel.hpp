#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include "runtime/channel_queue.hpp"
#include "runtime/error.hpp"
#include "runtime/wait_list.hpp"

namespace lariat {

/// Room for as many as there is memory for.
inline constexpr std::size_t unbounded = SIZE_MAX;

/// Values from any number of senders to any number of receivers, each to one of them, in order. A
/// full channel lets senders wait, an empty one receivers, both in the order of arrival.
///
///     io::channel<job> jobs(16);
///     co_await jobs.send(std::move(one));                     // here
///     while (auto next = co_await jobs.receive()) do_it(*next);  // there
///
/// Nothing is lost: a send that fails has not moved from its value, and what a receiver was given
/// that is destroyed before its turn goes to the next one.
///
/// Threads: those of one home. Lifetime: outlives all waits.
template <class T>
class channel {
  public:
    class sending;
    class receiving;

    struct send_description {
        channel& to;
        T& value;
        sending operator co_await() const noexcept { return sending(to, value); }
    };
    struct receive_description {
        channel& from;
        receiving operator co_await() const noexcept { return receiving(from); }
    };

    /// Of 0: a sender waits until there is a receiver.
    /// Errors: throws `std::bad_alloc`; memory for all of a bounded channel is taken now.
    explicit channel(std::size_t capacity) : capacity_(capacity) {
        if (capacity != unbounded) values_.reserve(capacity);
    }
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    /// Waits until there is room. `result<void>`.
    /// Errors: closed; canceled, stopped, timed_out (through `within`); not_enough_memory of an
    /// unbounded one. After an error the value is where it was.
    /// Lifetime: the value outlives the wait; in one expression with its `co_await` it may be a
    /// temporary.
    [[nodiscard]] send_description send(T& value) noexcept { return {*this, value}; }
    [[nodiscard]] send_description send(T&& value) noexcept { return {*this, value}; }

    /// Waits for a value. `result<T>`.
    /// Errors: closed, when all that was sent before has been received; canceled, stopped,
    /// timed_out (through `within`): then nothing was taken.
    [[nodiscard]] receive_description receive() noexcept { return {*this}; }

    /// Returns: whether there was room; else it has not moved from the value.
    bool try_send(T& value) noexcept { return !closed_ && can_send() && put(value); }
    bool try_send(T&& value) noexcept { return try_send(value); }

    /// Empty when nobody has sent anything.
    std::optional<T> try_receive() noexcept {
        if (!can_receive()) return std::nullopt;
        return taken();
    }

    /// Nothing more can be sent; what is there can be received. Twice is fine.
    void close() noexcept {
        closed_ = true;
        const auto why = make_error_code(error::closed);
        senders_.fail_all(why);
        if (unclaimed() == 0) receivers_.fail_all(why);
    }

    bool closed() const noexcept { return closed_; }

    /// Values that nobody has received yet.
    std::size_t size() const noexcept { return values_.size(); }

  private:
    // A value that a receiver was promised stays here until its turn: it may be destroyed first.
    std::size_t unclaimed() const noexcept { return values_.size() - claimed_; }

    bool can_send() const noexcept { return !receivers_.empty() || unclaimed() < capacity_; }

    /// A channel without room takes a value when somebody asks for one.
    bool can_receive() noexcept { return unclaimed() > 0 || (!senders_.empty() && admit_sender()); }

    bool put(T& value) noexcept {
        if (!values_.push(std::move(value))) return false;
        promise();
        return true;
    }

    /// What is there and nobody's is for the receiver that waits longest.
    void promise() noexcept {
        if (unclaimed() > 0 && receivers_.release_one()) ++claimed_;
    }

    T taken() noexcept {
        T value = values_.pop();
        if (!senders_.empty() && unclaimed() < capacity_) admit_sender();
        return value;
    }

    bool admit_sender() noexcept {
        auto& first = static_cast<sending&>(senders_.front());
        if (values_.push(std::move(first.value_))) {
            first.release();
            return true;
        }
        first.fail(std::make_error_code(std::errc::not_enough_memory));
        return false;
    }

    const std::size_t capacity_;
    channel_queue<T> values_;
    std::size_t claimed_ = 0;
    wait_list senders_;
    wait_list receivers_;
    bool closed_ = false;
};

template <class T>
class channel<T>::sending final : public wait_list::entry, public awaiting<sending> {
  public:
    sending(channel& to, T& value) noexcept
        : entry(to.senders_, "channel send"), to_(to), value_(value) {}

    bool launch() noexcept {
        if (!to_.closed_ && !to_.can_send()) return enter();
        if (!admitted()) return false;
        if (to_.closed_) return fail(make_error_code(error::closed));
        if (!to_.put(value_)) return fail(std::make_error_code(std::errc::not_enough_memory));
        return pass();
    }

    result<void> await_resume() const noexcept { return outcome(); }

  private:
    friend class channel;

    channel& to_;
    T& value_;
};

template <class T>
class channel<T>::receiving final : public wait_list::entry, public awaiting<receiving> {
  public:
    explicit receiving(channel& from) noexcept
        : entry(from.receivers_, "channel receive"), from_(from) {}
    ~receiving() {
        if (!released() || taken_) return;
        // Destroyed before its turn came.
        --from_.claimed_;
        from_.promise();
    }

    bool launch() noexcept {
        if (!admitted()) return false;
        if (from_.can_receive()) {
            ++from_.claimed_;
            return pass();
        }
        if (from_.closed_) return fail(make_error_code(error::closed));
        return enter();
    }

    result<T> await_resume() noexcept {
        if (!released()) [[unlikely]]
            return outcome().error();
        taken_ = true;
        --from_.claimed_;
        return from_.taken();
    }

  private:
    channel& from_;
    bool taken_ = false;
};

}  // namespace lariat
