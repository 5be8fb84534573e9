#include <array>
#include <vector>

#include "aio/stream.hpp"
#include "aio/testing/transport_trial.hpp"
#include "runtime/error.hpp"

// Rules about how operations on a connection end: closed, cancelled, late, destroyed.

namespace lariat::testing {
namespace {

using namespace std::chrono_literals;

task<> closed_here(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    std::array<std::byte, 4> room;
    const std::array<buffer_view, 1> rooms{room};
    const std::array<const_buffer_view, 1> texts{room};
    on.near->close();
    on.near->close();
    const auto got = co_await on.near->receive(room);
    const auto nothing = co_await on.near->receive({});
    const auto sent = co_await on.near->send(room);
    const auto scattered = co_await on.near->receive_scattered(rooms);
    const auto gathered = co_await on.near->send_gathered(texts);
    const auto ended = co_await on.near->shutdown(direction::send);
    for (const transfer& each : {got, nothing, sent, scattered, gathered})
        on.expect_error(each.error(), error::closed,
                        "an operation on a closed stream did not say so");
    on.expect_error(ended.error(), error::closed, "a shutdown of a closed stream did not say so");
    on.expect(!on.near->is_open(), "a closed stream says that it is open");
    on.expect(!on.near->local_address() && !on.near->peer_address(),
              "a closed stream has an address");
}

task<> closed_while_pending(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    std::array<std::byte, 4> room;
    const std::vector<std::byte> much(65536);
    co_await send_until_full(*on.near);
    // What seemed full may still move: the kernel paces what it has taken.
    auto sending = [&]() -> task<std::error_code> {
        for (;;) {
            const auto sent = co_await on.near->send(much);
            if (!sent) co_return sent.error();
        }
    };
    auto closing = [&]() -> task<> {
        co_await pass_by(places_to_stop);
        on.near->close();
    };
    const auto all = co_await when_all(on.near->receive(room), sending(), closing());
    on.expect_error(std::get<0>(all).error(), error::closed,
                    "a pending receive did not end with closed");
    on.expect_error(std::get<1>(all), error::closed, "a pending send did not end with closed");
}

task<> gone_while_pending(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    std::array<std::byte, 4> room;
    auto going = [&]() -> task<> {
        co_await pass_by(places_to_stop);
        on.near.reset();
    };
    const auto both = co_await when_all(on.near->receive(room), going());
    on.expect_error(std::get<0>(both).error(), error::closed,
                    "a pending receive did not end with closed");
    if (!on.world.traits().ends) co_return;
    const auto end = co_await on.far->receive(room);
    on.expect(end && *end == 0, "the peer was not told that the stream is gone");
}

/// What far receives is all that near sent, whatever happened to `gave_up`.
task<> expect_all(transport_trial& on, transfer gave_up, std::span<const std::byte> taken) {
    std::array<std::byte, 16> room{};
    on.expect(has_pattern(taken.first(gave_up.count()), 0), "a cancelled receive took other bytes");
    const auto rest = std::span(room).subspan(gave_up.count());
    const auto got = co_await read_exactly(*on.far, rest);
    on.expect(got && has_pattern(rest, gave_up.count()), "a cancelled receive lost bytes");
}

task<> cancelled_receive_takes_nothing(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    for (int place = 0; place < places_to_stop; ++place) {
        std::array<std::byte, 16> text, taken{};
        fill_pattern(text, 0);
        const auto gave_up = co_await cancelled_after(place, on.far->receive(taken));
        on.expect_error(gave_up.error(), error::canceled, "a cancelled receive did not say so");
        const auto sent = co_await write_all(*on.near, text);
        on.expect_success(sent, "a send failed");
        on.expect(taken == std::array<std::byte, 16>{}, "a buffer was written after its operation");
        co_await expect_all(on, gave_up, taken);
    }
}

task<> data_beats_cancel(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    for (int place = 0; place < places_to_stop; ++place) {
        std::array<std::byte, 16> text, taken{};
        fill_pattern(text, 0);
        auto sending = [&]() -> task<> {
            co_await pass_by(place);
            const auto sent = co_await write_all(*on.near, text);
            on.expect_success(sent, "a send failed");
        };
        const auto both =
            co_await when_all(cancelled_after(place, on.far->receive(taken)), sending());
        const transfer& raced = std::get<0>(both);
        on.expect(raced.error() == error::canceled || raced.count() != 0,
                  "a receive that raced a cancel yielded neither bytes nor canceled");
        co_await expect_all(on, raced, taken);
    }
}

task<> limits_of_time(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    std::array<std::byte, 2> room{};
    const auto nothing = co_await on.far->receive(room, 0ms);
    on.expect_error(nothing.error(), error::timed_out, "a limit of 0 did not end a receive");
    const auto late = co_await on.far->receive(room, 5ms);
    on.expect_error(late.error(), error::timed_out, "a limit did not end a receive");
    const auto sent = co_await write_all(*on.near, "ab");
    on.expect_success(sent, "a send failed");
    const auto first = co_await on.far->receive(std::span(room).first(1), 10s);
    on.expect(first && *first == 1, "a receive in time failed");
    const auto there = co_await on.far->receive(std::span(room).last(1), 0ms);
    on.expect(there && *there == 1, "a limit of 0 did not take what was there");
    on.expect(room[0] == std::byte('a') && room[1] == std::byte('b'), "other bytes came");
}

task<> cancelled_send_is_counted(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    std::size_t sent = co_await send_until_full(*on.near);
    for (int place = 0; place < places_to_stop; ++place) {
        std::vector<std::byte> piece(65536);
        fill_pattern(piece, sent);
        const auto gave_up = co_await cancelled_after(place, write_all(*on.near, piece));
        sent += gave_up.count();
        on.expect(gave_up.count() == piece.size() || gave_up.error() == error::canceled,
                  "a cancelled send did not say so");
    }
    const auto got = co_await receive_all_of(on, sent);
    on.expect(got == sent, "the peer received other bytes than those that were counted as sent");
}

task<> full_send_goes_on(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    const std::size_t before = co_await send_until_full(*on.near);
    std::vector<std::byte> piece(65536), room(before + piece.size());
    fill_pattern(piece, before);
    const auto both = co_await when_all(read_exactly(*on.far, room), write_all(*on.near, piece));
    on.expect_success(std::get<1>(both), "a send that waited for room failed");
    on.expect(std::get<0>(both) && has_pattern(room, 0), "not all that was sent arrived");
}

task<> destroyed_anywhere(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    for (int place = 0; place < places_to_stop; ++place) {
        std::array<std::byte, 4> room{};
        co_await destroyed_after(place, on.far->receive(room));
        co_await destroyed_after(place, on.far->receive(room, 1h));
        co_await destroyed_after(place, read_exactly(*on.far, room));
        co_await on.expect_exchange(*on.near, *on.far);
        on.expect(room == std::array<std::byte, 4>{}, "a buffer was written after its operation");
    }
}

task<> destroyed_send(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    const std::size_t sent = co_await send_until_full(*on.near);
    const std::vector<std::byte> piece(65536);
    for (int place = 0; place < places_to_stop; ++place)
        co_await destroyed_after(place, on.near->send(piece));
    const auto got = co_await receive_all_of(on, sent);
    on.expect(got >= sent, "bytes that had been sent before were lost");
}

task<> gone_peer(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    const std::vector<std::byte> piece(65536);
    on.far->close();
    std::error_code why;
    for (int step = 0; step < 1000 && !why; ++step) {
        const auto sent = co_await on.near->send(piece, 10s);
        why = sent.error();
    }
    on.expect(why == std::errc::broken_pipe || why == std::errc::connection_reset,
              "sends to a peer that is gone did not fail with broken_pipe or connection_reset");
}

task<> reset_by_peer(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    std::array<std::byte, 4> room;
    auto resetting = [&]() -> task<> {
        co_await pass_by(places_to_stop);
        on.near->reset();
    };
    const auto both = co_await when_all(on.far->receive(room), resetting());
    on.expect_error(std::get<0>(both).error(), std::make_error_code(std::errc::connection_reset),
                    "a receive did not fail when the peer reset the connection");
    auto others = co_await on.another_pair();
    if (others.first) co_await on.expect_exchange(*others.first, *others.second);
}

constexpr transport_rule end_rule_table[] = {
    {"operations on a locally closed stream fail at once with closed", closed_here},
    {"pending operations of a stream that is closed locally end with closed", closed_while_pending},
    {"pending operations of a stream that is destroyed end with closed", gone_while_pending,
     &transport_traits::outlived},
    {"a cancelled receive took nothing, wherever it was", cancelled_receive_takes_nothing},
    {"data beats cancel: of a receive that is cancelled as bytes come none is lost",
     data_beats_cancel},
    {"a limit of time ends a receive, and one of 0 takes what is there", limits_of_time},
    {"a cancelled send says how much the peer will receive", cancelled_send_is_counted},
    {"a send without room waits and goes on", full_send_goes_on},
    {"a receive may be destroyed wherever it is", destroyed_anywhere},
    {"a send may be destroyed wherever it is", destroyed_send},
    {"sends to a peer that is gone fail and raise no signal", gone_peer, &transport_traits::ends},
    {"a reset by the peer is an error of this connection and of no other", reset_by_peer,
     &transport_traits::resets},
};

}  // namespace

std::span<const transport_rule> stream_end_rules() noexcept { return end_rule_table; }

}  // namespace lariat::testing
