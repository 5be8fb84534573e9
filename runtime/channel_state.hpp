#pragma once

#include <cstddef>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/channel_queue.hpp"
#include "runtime/error.hpp"

namespace lariat {

template <class T, class List>
class channel_sender;

/// What a channel holds, and who waits for it. All of it is used within sections of its lock.
///
/// Invariants:
/// 1. A value that a receiver was promised stays in the queue until its turn, because it may be
///    destroyed or retract before: `claimed` of the values are not for others.
/// 2. While receivers wait, no value is unclaimed. While senders wait, there is no room.
template <class T, class List>
struct channel_state {
    using section = typename List::section;

    explicit channel_state(std::size_t most) : capacity(most) {}

    std::size_t unclaimed() const noexcept { return values.size() - claimed; }

    bool can_send() const noexcept {
        return !closed && (!receivers.empty() || unclaimed() < capacity);
    }

    /// A channel without room takes a value when somebody asks for one.
    bool can_receive(section& now) noexcept {
        while (unclaimed() == 0 && !senders.empty()) admit_sender(now);
        return unclaimed() > 0;
    }

    /// Requires: can send. Returns: false without memory for it; then it was not moved from.
    bool put(T& value, section& now) noexcept {
        if (!values.push(std::move(value))) return false;
        promise(now);
        return true;
    }

    std::size_t put_some(std::span<T> some, section& now) noexcept {
        std::size_t count = 0;
        while (count < some.size() && can_send() && put(some[count], now)) ++count;
        return count;
    }

    /// What is there and nobody's is for the receiver that waits longest.
    void promise(section& now) noexcept {
        if (unclaimed() > 0 && receivers.release_one(now)) ++claimed;
    }

    /// A receiver is promised a value, which makes room for another. Requires: it can receive.
    void claim(section& now) noexcept {
        ++claimed;
        admit_senders(now);
    }

    /// Requires: there is an unclaimed value.
    T take(section& now) noexcept {
        T value = values.pop();
        admit_senders(now);
        if (drained()) [[unlikely]]
            receivers.fail_all(make_error_code(error::closed), now);
        return value;
    }

    /// As many as there are, and as the vector has capacity for.
    std::size_t take_some(std::vector<T>& into, section& now) noexcept {
        const std::size_t before = into.size();
        while (into.size() < into.capacity() && can_receive(now)) into.push_back(take(now));
        return into.size() - before;
    }

    void close(section& now) noexcept {
        closed = true;
        const auto why = make_error_code(error::closed);
        senders.fail_all(why, now);
        if (drained()) receivers.fail_all(why, now);
    }

    /// A receiver that was promised a value is over, and will take it.
    void settle(section& now) noexcept {
        ++settled;
        if (drained()) [[unlikely]]
            receivers.fail_all(make_error_code(error::closed), now);
    }

    /// Nothing will come any more. While a value is promised to one receiver that is not over
    /// another may still get it, and waits.
    bool drained() const noexcept { return closed && values.size() == settled; }

    [[no_unique_address]] mutable typename List::lock lock;
    bool closed = false;
    const std::size_t capacity;
    channel_queue<T> values;
    std::size_t claimed = 0;
    std::size_t settled = 0;  // Of those that are claimed.
    List senders{lock};
    List receivers{lock};

  private:
    void admit_senders(section& now) noexcept {
        while (!senders.empty() && unclaimed() < capacity) [[unlikely]]
            admit_sender(now);
    }

    /// The sender that waits longest gets rid of a value, or fails for want of memory.
    void admit_sender(section& now) noexcept {
        static_cast<channel_sender<T, List>&>(senders.front()).hand_over(values, now);
    }
};

}  // namespace lariat
