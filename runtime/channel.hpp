#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "runtime/channel_state.hpp"
#include "runtime/channel_wait.hpp"
#include "runtime/eager_wait.hpp"
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
/// Threads: those of one home; of a `concurrent_channel`, any. Lifetime: outlives all waits.
template <class T, class List>
class basic_channel {
    using section = typename List::section;

  public:
    using sending = eager_wait<channel_send<T, List>, channel_sending<T, List>>;
    using sending_all = channel_sending_all<T, List>;
    using receiving = eager_wait<channel_receive<T, List>, channel_receiving<T, List>>;
    using receiving_some =
        eager_wait<channel_receive_some<T, List>, channel_receiving_some<T, List>>;

    struct send_description {
        basic_channel& to;
        T& value;
        sending operator co_await() const noexcept { return sending(to.state_, value); }
    };
    struct send_all_description {
        basic_channel& to;
        std::span<T> values;
        sending_all operator co_await() const noexcept { return sending_all(to.state_, values); }
    };
    struct receive_description {
        basic_channel& from;
        receiving operator co_await() const noexcept { return receiving(from.state_); }
    };
    struct receive_some_description {
        basic_channel& from;
        std::vector<T>& into;
        receiving_some operator co_await() const noexcept {
            return receiving_some(from.state_, into);
        }
    };

    /// Of 0: a sender waits until there is a receiver.
    /// Errors: throws `std::bad_alloc`; memory for that many values is taken now.
    explicit basic_channel(std::size_t capacity) : state_(capacity) {
        if (capacity != unbounded) state_.values.reserve(capacity);
    }
    basic_channel(const basic_channel&) = delete;
    basic_channel& operator=(const basic_channel&) = delete;

    /// Waits until there is room. `result<void>`.
    /// Errors: closed; canceled, stopped, timed_out (through `within`); not_enough_memory for what
    /// is beyond the capacity: the values of an unbounded one, and those that receivers were
    /// promised and have yet to take. After an error the value is where it was.
    /// Lifetime: the value outlives the wait; in one expression with its `co_await` it may be a
    /// temporary.
    [[nodiscard]] send_description send(T& value) noexcept { return {*this, value}; }
    [[nodiscard]] send_description send(T&& value) noexcept { return {*this, value}; }

    /// Waits until there was room for all of them, one after the other; those of other senders do
    /// not come in between. A `transfer`: how many were sent.
    /// Errors: those of `send`; the values that were not sent are where they were.
    /// Lifetime: the values outlive the wait.
    [[nodiscard]] send_all_description send_all(std::span<T> values) noexcept {
        return {*this, values};
    }

    /// Waits for a value. `result<T>`.
    /// Errors: closed, when all that was sent before has been received; canceled, stopped,
    /// timed_out (through `within`): then nothing was taken.
    [[nodiscard]] receive_description receive() noexcept { return {*this}; }

    /// Waits for a value, and takes with it all that are there: appends them, as far as the vector
    /// has capacity. `result<std::size_t>`: how many, at least one.
    ///
    ///     std::vector<job> batch;
    ///     while (co_await jobs.receive_some(batch)) { do_all(batch); batch.clear(); }
    ///
    /// Errors: those of `receive`. Throws `std::bad_alloc`: a full vector gets room for more here.
    /// Lifetime: the vector outlives the wait, and is left alone meanwhile.
    [[nodiscard]] receive_some_description receive_some(std::vector<T>& into) {
        make_room(into);
        return {*this, into};
    }

    /// Returns: whether there was room; else it has not moved from the value.
    bool try_send(T& value) noexcept { return try_send_some(std::span(&value, 1)) == 1; }
    bool try_send(T&& value) noexcept { return try_send(value); }

    /// Sends the first of them, as many as there is room for now.
    /// Returns: how many; it has not moved from the others.
    std::size_t try_send_some(std::span<T> values) noexcept {
        section now(state_.lock);
        return state_.put_some(values, now);
    }

    /// Empty when nobody has sent anything.
    std::optional<T> try_receive() noexcept {
        section now(state_.lock);
        if (!state_.can_receive(now)) return std::nullopt;
        return state_.take(now);
    }

    /// Takes all that are there, as `receive_some` does.
    /// Returns: how many. Errors: throws `std::bad_alloc`, and then nothing was taken.
    std::size_t try_receive_some(std::vector<T>& into) {
        make_room(into);
        section now(state_.lock);
        return state_.take_some(into, now);
    }

    /// Nothing more can be sent; what is there can be received. Twice is fine.
    void close() noexcept {
        section now(state_.lock);
        state_.close(now);
    }

    bool closed() const noexcept {
        const section now(state_.lock);
        return state_.closed;
    }

    /// Values that nobody has received yet.
    std::size_t size() const noexcept {
        const section now(state_.lock);
        return state_.values.size();
    }

  private:
    static void make_room(std::vector<T>& into) {
        // In a batch of this size what each value costs by itself has become the larger part.
        constexpr std::size_t batch = 64;
        if (into.size() == into.capacity()) into.reserve(into.size() + batch);
    }

    channel_state<T, List> state_;
};

template <class T>
using channel = basic_channel<T, wait_list>;

}  // namespace lariat
