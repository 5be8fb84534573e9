#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "aio/testing/transport_trial.hpp"
#include "runtime/error.hpp"
#include "runtime/ring.hpp"

// Rules about who listens, and who dials.

namespace lariat::testing {
namespace {

using namespace std::chrono_literals;

using accepted = result<transport_end_pointer>;

task<> peers_in_turn(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    std::vector<transport_end_pointer> dialed;
    for (int i = 0; i < 3; ++i) {
        auto one = co_await on.world.dial(*on.door);
        if (!on.expect_success(one, "it cannot dial")) co_return;
        dialed.push_back(*std::move(one));
    }
    for (auto& each : dialed) {
        auto peer = co_await on.door->accept();
        if (!on.expect_success(peer, "it cannot accept who dialed before")) co_return;
        co_await on.expect_exchange(*each, **peer);
    }
}

task<> several_wait(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    auto dialing = [&]() -> task<> {
        for (int i = 0; i < 3; ++i) {
            co_await pass_by(3);
            const auto one = co_await on.world.dial(*on.door);
            on.expect_success(one, "it cannot dial");
        }
    };
    const auto all =
        co_await when_all(on.door->accept(), on.door->accept(), on.door->accept(), dialing());
    for (const accepted* each : {&std::get<0>(all), &std::get<1>(all), &std::get<2>(all)})
        on.expect_success(*each, "one of several accepts got no peer");
}

task<> closed_listener(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    on.expect(on.door->is_open(), "a listener is not open");
    on.expect_success(on.door->local_address(), "an open listener has no address");
    auto closing = [&]() -> task<> {
        co_await pass_by(places_to_stop);
        on.door->close();
        on.door->close();
    };
    const auto all = co_await when_all(on.door->accept(), on.door->accept(), closing());
    const auto later = co_await on.door->accept();
    on.expect_error(std::get<0>(all).error(), error::closed,
                    "a pending accept did not end with closed");
    on.expect_error(std::get<1>(all).error(), error::closed,
                    "a pending accept did not end with closed");
    on.expect_error(later.error(), error::closed, "an accept of a closed listener did not say so");
    on.expect(!on.door->is_open(), "a closed listener says that it is open");
    on.expect(!on.door->local_address(), "a closed listener has an address");
}

task<> gone_listener(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    auto going = [&]() -> task<> {
        co_await pass_by(places_to_stop);
        on.door.reset();
    };
    const auto both = co_await when_all(on.door->accept(), going());
    on.expect_error(std::get<0>(both).error(), error::closed,
                    "a pending accept did not end with closed");
}

/// Who was dialed before is accepted, by `early` or now.
task<> expect_peer(transport_trial& on, transport_end_pointer dialed, accepted early) {
    if (!early) early = co_await on.door->accept(10s);
    if (!on.expect_success(early, "a peer was lost")) co_return;
    co_await on.expect_exchange(*dialed, **early);
}

task<> cancelled_accept(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    for (int place = 0; place < places_to_stop; ++place) {
        const auto gave_up = co_await cancelled_after(place, on.door->accept());
        on.expect_error(gave_up.error(), error::canceled, "a cancelled accept did not say so");
        auto both =
            co_await when_all(cancelled_after(place, on.door->accept()), on.world.dial(*on.door));
        auto& [early, dialed] = both;
        if (!on.expect_success(dialed, "it cannot dial")) co_return;
        on.expect(early || early.error() == error::canceled, "a cancelled accept did not say so");
        co_await expect_peer(on, *std::move(dialed), std::move(early));
    }
}

task<> destroyed_accept(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    for (int place = 0; place < places_to_stop; ++place) {
        co_await destroyed_after(place, on.door->accept());
        co_await destroyed_after(place, on.door->accept(1h));
        auto ends = co_await on.another_pair();
        if (ends.first) co_await on.expect_exchange(*ends.first, *ends.second);
    }
}

task<> late_accept(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    const auto nothing = co_await on.door->accept(0ms);
    on.expect_error(nothing.error(), error::timed_out, "a limit of 0 did not end an accept");
    const auto late = co_await on.door->accept(5ms);
    on.expect_error(late.error(), error::timed_out, "a limit did not end an accept");
    auto ends = co_await on.another_pair();
    if (ends.first) co_await on.expect_exchange(*ends.first, *ends.second);
}

task<> reset_before_accept(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    auto gone = co_await on.world.dial(*on.door);
    if (!on.expect_success(gone, "it cannot dial")) co_return;
    (*gone)->reset();
    auto dialed = co_await on.world.dial(*on.door);
    if (!on.expect_success(dialed, "it cannot dial after a reset")) co_return;
    // The one that is gone may be handed out as well: then its first receive fails.
    std::array<std::byte, 1> room;
    auto first = co_await on.door->accept(10s);
    if (!on.expect_success(first, "a reset ended the listener")) co_return;
    const auto told = co_await (*first)->receive(room, 5ms);
    if (told.error() != error::timed_out) {
        first = co_await on.door->accept(10s);
        if (!on.expect_success(first, "a reset ended the listener")) co_return;
    }
    co_await on.expect_exchange(**dialed, **first);
}

// How many more calls of the kernel find the process without a descriptor to spare.
int calls_without_descriptors = 0;

// The limit is lowered only inside of the call: sanitizers need descriptors of their own.
int enter_without_descriptors(unsigned ring, unsigned submit, unsigned complete, unsigned flags,
                              void* argument, std::size_t size) {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    const bool limited = calls_without_descriptors > 0;
    if (limited) --calls_without_descriptors;
    if (limited) ::setrlimit(RLIMIT_NOFILE, &none);
    const long outcome =
        ::syscall(__NR_io_uring_enter, ring, submit, complete, flags, argument, size);
    const int error = errno;
    if (limited) ::setrlimit(RLIMIT_NOFILE, &before);
    return outcome < 0 ? -error : static_cast<int>(outcome);
}

task<> short_of_descriptors(transport_trial& on) {
    const bool listens = co_await on.listen();
    if (!listens) co_return;
    auto dialed = co_await on.world.dial(*on.door);
    if (!on.expect_success(dialed, "it cannot dial")) co_return;
    calls_without_descriptors = 4;
    auto peer = co_await on.door->accept(10s);
    on.expect(calls_without_descriptors == 0, "it accepted without a descriptor");
    calls_without_descriptors = 0;
    if (!on.expect_success(peer, "running out of descriptors ended the listener")) co_return;
    co_await on.expect_exchange(**dialed, **peer);
}

constexpr transport_rule listener_rule_table[] = {
    {"peers are accepted in turn, also who dialed before", peers_in_turn},
    {"of several that accept each gets a peer", several_wait},
    {"a closed listener ends its accepts with closed, and later ones", closed_listener},
    {"a listener that is destroyed ends its accepts with closed", gone_listener},
    {"a cancelled accept loses no peer, wherever it was", cancelled_accept},
    {"an accept may be destroyed wherever it is", destroyed_accept},
    {"a limit of time ends an accept", late_accept},
    {"a peer that is gone before it is accepted does not end the listener", reset_before_accept,
     &transport_traits::resets},
    {"without a descriptor to spare a listener waits and goes on", short_of_descriptors,
     &transport_traits::descriptors, &enter_without_descriptors},
};

}  // namespace

std::span<const transport_rule> listener_rules() noexcept { return listener_rule_table; }

}  // namespace lariat::testing
