#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "aio/address.hpp"
#include "runtime/auto_event.hpp"
#include "runtime/clock.hpp"
#include "runtime/composite.hpp"
#include "runtime/result.hpp"
#include "runtime/scope.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// How long an attempt is alone before the next one begins beside it.
/// Source: RFC 8305, section 8.
inline constexpr duration usual_attempt_delay = std::chrono::milliseconds(250);

/// The order in which addresses are tried: after `first_family` of the family that came first, the
/// families take turns; within each nothing changes. So one that does not work costs one attempt,
/// however many addresses it has.
/// Source: RFC 8305, section 4.
std::vector<address> interleave_families(const std::vector<address>& sorted,
                                         std::size_t first_family = 1);

/// How a race stands, whatever is connected.
class race_course {
  public:
    /// Returns: the number of the attempt that begins. Only its own end is news from now on.
    std::size_t begin() noexcept {
        news_.reset();
        return started_++;
    }

    /// An attempt is over. After the last one that began, the next one need not wait.
    void end(std::size_t number) noexcept {
        if (number + 1 == started_) news_.set();
    }

    void win() noexcept {
        won_ = true;
        news_.set();
    }

    /// Keeps what tells most: that the race was given up; else the first error that came from a
    /// host or the way to it; else the first of those that found no way from here.
    void fail(std::error_code why) noexcept;
    std::error_code failure() const noexcept { return failure_; }

    /// Waits until the next attempt is to begin.
    /// Returns: false when none is.
    task<bool> wait_for_next(duration delay);

  private:
    auto_event news_;
    std::size_t started_ = 0;
    bool won_ = false;
    std::error_code failure_;
};

/// What connects to an address: `connect(where)` returns a `task<result<T>>`.
template <class Connect>
concept connector =
    std::invocable<Connect&, const address&> &&
    is_task<std::invoke_result_t<Connect&, const address&>> &&
    carries_error<typename std::invoke_result_t<Connect&, const address&>::value_type>;

/// Its T.
template <connector Connect>
using connection_of =
    typename std::invoke_result_t<Connect&, const address&>::value_type::value_type;

/// One attempt. What it made beside the winner goes with it.
template <connector Connect>
task<> attempt_to_connect(Connect& connect, address where, std::size_t number, race_course& course,
                          task_scope& attempts, std::optional<connection_of<Connect>>& winner) {
    struct leave {
        race_course& course;
        std::size_t number;
        ~leave() { course.end(number); }
    } at_end{course, number};
    auto made = co_await std::invoke(connect, where);
    if (!made) {
        course.fail(made.error());
    } else if (!winner) {
        winner.emplace(*std::move(made));
        course.win();
        attempts.cancel();
    }
}

/// Connects to the first of several addresses that answers, each of which is tried once. The next
/// attempt begins `delay` after the last one, or as soon as that one has failed. The first success
/// cancels the others **and waits for them**: what they made all the same is destroyed.
/// `connect(where)` returns a `task<result<T>>`.
/// Errors: that of the attempts which tells most; destination_address_required without an address;
/// canceled, stopped, timed_out (through `within`). Exceptions of an attempt pass through.
/// Cancel: reaches all attempts; one that had succeeded by then is the result.
/// Source: RFC 8305, section 5.
template <connector Connect>
task<result<connection_of<Connect>>> race_to_connect(std::vector<address> to, duration delay,
                                                     Connect connect) {
    std::optional<connection_of<Connect>> winner;
    race_course course;
    task_scope attempts;  // Last: it ends before what the attempts use.
    for (std::size_t i = 0; i < to.size(); ++i) {
        attempts.spawn(
            attempt_to_connect(connect, to[i], course.begin(), course, attempts, winner));
        if (i + 1 == to.size()) break;
        const bool next = co_await course.wait_for_next(delay);
        if (!next) break;
    }
    co_await attempts.join();
    if (winner) co_return *std::move(winner);
    if (to.empty()) co_return std::make_error_code(std::errc::destination_address_required);
    co_return course.failure();
}

}  // namespace lariat
