#include <utility>
#include <vector>

#include "aio/testing/transport_trial.hpp"
#include "runtime/error.hpp"

// Rules about who dials, and about the names of places.

namespace lariat::testing {
namespace {

using namespace std::chrono_literals;

const std::error_code refused = std::make_error_code(std::errc::connection_refused);

task<> taken_name(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    const auto taken = co_await on.world.listen_again(*on.door);
    on.expect_error(taken.error(), std::make_error_code(std::errc::address_in_use),
                    "a place that is taken was given away again");
    auto ends = co_await on.another_pair();
    if (ends.first) co_await on.expect_exchange(*ends.first, *ends.second);
}

task<> too_long_a_name(transport_trial& on) {
    const auto too_long = co_await on.world.listen_too_long();
    on.expect_error(too_long.error(), std::make_error_code(std::errc::filename_too_long),
                    "a name that is too long was taken");
}

task<> dial_of_nobody(transport_trial& on) {
    const auto nobody = co_await on.world.dial_nobody();
    on.expect_error(nobody.error(), refused, "a dial where nobody listens was not refused");
}

task<> dial_of_closed(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    auto waits = co_await on.world.dial(*on.door);
    on.expect_success(waits, "it cannot dial");
    on.door->close();
    const auto late = co_await on.world.dial(*on.door);
    on.expect(!late, "a dial of a closed listener succeeded");
    co_await on.expect_exchange(*on.near, *on.far);
}

/// Dials a listener with room for few until there is none, with nobody accepting.
/// Returns: who found room; empty after a failure.
task<std::vector<transport_end_pointer>> fill(transport_trial& on) {
    std::vector<transport_end_pointer> waiting;
    auto door = co_await on.world.listen_narrow();
    if (!on.expect_success(door, "it cannot listen")) co_return waiting;
    on.door = *std::move(door);
    for (int i = 0; i < 64; ++i) {
        auto one = co_await on.world.dial(*on.door, 2 * long_enough);
        if (one) {
            waiting.push_back(*std::move(one));
            continue;
        }
        on.expect_error(one.error(), make_error_code(error::timed_out),
                        "a dial of a listener that is full did not wait");
        co_return waiting;
    }
    on.expect(false, "a listener with room for few has room for 64");
    co_return std::vector<transport_end_pointer>();
}

task<> black_hole(transport_trial& on) {
    const auto waiting = co_await fill(on);
    if (waiting.empty()) co_return;
    auto first = co_await on.door->accept(10s);
    if (!on.expect_success(first, "a listener that was full does not accept")) co_return;
    co_await on.expect_exchange(*waiting.front(), **first);
}

task<> stopped_dial(transport_trial& on) {
    const auto waiting = co_await fill(on);
    if (waiting.empty()) co_return;
    for (int place = 0; place < places_to_stop; ++place) {
        const auto gave_up = co_await cancelled_after(place, on.world.dial(*on.door));
        on.expect_error(gave_up.error(), make_error_code(error::canceled),
                        "a cancelled dial did not say so");
        co_await destroyed_after(place, on.world.dial(*on.door));
    }
    auto first = co_await on.door->accept(10s);
    if (!on.expect_success(first, "a listener that was full does not accept")) co_return;
    co_await on.expect_exchange(*waiting.front(), **first);
}

task<> stopped_dial_of_who_listens(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    for (int place = 0; place < places_to_stop; ++place) {
        const auto raced = co_await cancelled_after(place, on.world.dial(*on.door));
        on.expect(raced || raced.error() == make_error_code(error::canceled),
                  "a dial that raced a cancel yielded neither a stream nor canceled");
        co_await destroyed_after(place, on.world.dial(*on.door));
    }
    // Who gave up may be among those that are accepted now: they are at their end.
    auto dialed = co_await on.world.dial(*on.door);
    if (!on.expect_success(dialed, "it cannot dial")) co_return;
    std::array<std::byte, 1> room;
    const auto sent = co_await (*dialed)->send("x");
    on.expect_success(sent, "a send failed");
    for (;;) {
        auto peer = co_await on.door->accept(10s);
        if (!on.expect_success(peer, "the last who dialed was lost")) co_return;
        const auto got = co_await (*peer)->receive(room);
        if (got && *got == 1) co_return co_await on.expect_exchange(**dialed, **peer);
    }
}

constexpr transport_rule dial_rule_table[] = {
    {"a place that is taken is refused", taken_name, &transport_traits::takes_names},
    {"a name that is too long is refused", too_long_a_name, &transport_traits::long_names},
    {"a dial where nobody listens is refused", dial_of_nobody, &transport_traits::refuses},
    {"a dial of a closed listener fails, and harms no connection", dial_of_closed},
    {"a dial that is never answered ends at its limit", black_hole, &transport_traits::black_hole},
    {"a dial that waits may be cancelled and destroyed wherever it is", stopped_dial,
     &transport_traits::black_hole},
    {"a dial may be cancelled and destroyed wherever it is, and no other is lost",
     stopped_dial_of_who_listens},
};

}  // namespace

std::span<const transport_rule> dial_rules() noexcept { return dial_rule_table; }

}  // namespace lariat::testing
