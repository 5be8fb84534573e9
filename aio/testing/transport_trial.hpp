#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "aio/op/nop.hpp"
#include "aio/testing/transport_suite.hpp"
#include "runtime/ring.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/yield.hpp"

namespace lariat::testing {

/// How many places the rules about cancel and destruction try: none is further from the start.
inline constexpr int places_to_stop = 8;

/// So long a send finds no room: then it will find none before the peer receives.
inline constexpr std::chrono::milliseconds long_enough{20};

/// One rule on one transport: what it works with, and what it finds.
class transport_trial {
  public:
    transport_trial(transport_world& subject, const transport_suite_options& given,
                    const char* rule, std::vector<contract_failure>& failures)
        : world(subject), options(given), rule_(rule), failures_(failures) {}

    void expect(bool holds, const char* what) {
        if (!holds) failures_.push_back({rule_, what});
    }

    void expect_error(std::error_code got, std::error_code wanted, const char* what) {
        if (got != wanted)
            failures_.push_back({rule_, std::string(what) + ", but: " + got.message()});
    }

    /// Returns: whether there is a value.
    template <class Outcome>
    bool expect_success(const Outcome& outcome, const char* what) {
        if (!outcome) failures_.push_back({rule_, what + (": " + outcome.error().message())});
        return static_cast<bool>(outcome);
    }

    /// Makes `door`. Returns: whether that worked.
    task<bool> listen();

    /// Makes `near` and `far`, and `door` if they need one. Returns: whether that worked.
    task<bool> connect();

    /// Dials `door`, and accepts; where nobody listens both are made at once.
    /// Returns: both ends, the near one first; none after a failure.
    task<transport_ends> another_pair();

    /// What goes in at one end comes out at the other, both ways.
    task<> expect_exchange(transport_end& one, transport_end& other);

    transport_world& world;
    const transport_suite_options options;
    transport_door_pointer door;
    transport_end_pointer near, far;

  private:
    const char* rule_;
    std::vector<contract_failure>& failures_;
};

/// Lets others run, and the kernel answer, so many times.
task<> pass_by(int steps);

/// Returns: what `work` yields when it is cancelled after so many steps, if it was not done.
template <class T>
task<T> cancelled_after(int steps, task<T> work) {
    auto race = co_await when_any(std::move(work), pass_by(steps));
    co_return std::move(race.template get<0>());
}

/// Destroys `work` after so many steps, wherever it is.
template <class T>
task<> destroyed_after(int steps, task<T> work) {
    task_scope scope;
    scope.spawn(std::move(work));
    co_await pass_by(steps);
}

/// Bytes that depend on where they are in a stream, so that a lost one shows.
void fill_pattern(std::span<std::byte> bytes, std::size_t offset) noexcept;
bool has_pattern(std::span<const std::byte> bytes, std::size_t offset) noexcept;

/// Sends until there is no room. Returns: how much that was.
task<std::size_t> send_until_full(transport_end& by);

/// Receives until the peer is done.
/// Returns: how many bytes with the right pattern came before anything else.
task<std::size_t> receive_pattern(transport_end& by);

/// Closes the near end, which has sent so much, and receives at the other. Of a transport that
/// tells no end nothing is closed: all is received, and then nothing for a while.
/// Returns: how many bytes with the right pattern came before anything else.
task<std::size_t> receive_all_of(transport_trial& on, std::size_t sent);

/// A rule about what the transport can do, or about all of them: then `needs` is null.
struct transport_rule {
    const char* sentence;
    task<> (*test)(transport_trial&);
    bool transport_traits::* needs = nullptr;
    enter_call calls_by = nullptr;  ///< The system call of the rule's ring; null: the kernel's.
};

std::span<const transport_rule> stream_rules() noexcept;
std::span<const transport_rule> stream_end_rules() noexcept;

// Only for a transport that listens.
std::span<const transport_rule> listener_rules() noexcept;
std::span<const transport_rule> dial_rules() noexcept;

}  // namespace lariat::testing
