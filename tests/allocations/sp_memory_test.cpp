#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "aio/sp/far_peer.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/scheduler.hpp"
#include "tests/aio/sp/linked.hpp"
#include "tests/allocations/counted.hpp"
#include "tests/allocations/scarce.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

using texts = std::vector<std::string>;

bool skipped() {
    if (counted::available() && counted::frames_are_pooled()) return false;
    MESSAGE("skipped: under this sanitizer frames are not pooled, or allocations not counted");
    return true;
}

constexpr io::retry_options exact{.first = 100ms, .growth = 2, .longest = 1s, .jitter = 0};

io::task<std::error_code> ask(io::req_socket& by, io::message question) {
    const auto reply = co_await by.request(std::move(question));
    co_return reply.error();
}

io::task<bool> is_pushed(io::push_socket& by, io::message what) {
    const auto sent = co_await by.send(std::move(what));
    co_return sent.has_value();
}

/// What is told to an end of a far link that is alone on its thread.
class silent_rules final : public io::sp_rules {
  public:
    void joined(io::sp_peer&) noexcept override {}
    void left(io::sp_peer&) noexcept override {}
    io::reception arrived(io::sp_peer&, io::message& what) noexcept override {
        came.emplace_back(what.text());
        return io::reception::taken;
    }
    void has_room(io::sp_peer&) noexcept override { ++told_of_room; }

    texts came;
    int told_of_room = 0;
};

/// Says who it is, sends a message and a part of another, and is gone.
constexpr std::string_view said_by_leavers(
    "\0SP\0\0\x50\0\0"
    "\0\0\0\0\0\0\0\4left"
    "\0\0\0\0\0\1\0\0a part",
    34);

}  // namespace

TEST_CASE("a thousand peers that leave a message behind cost no more than a queue of them") {
    if (skipped()) return;
    constexpr std::size_t leavers = 1000;
    sp_net net;
    io::pull_socket pull;
    io::frame_pool::trim();
    const std::int64_t before = counted::alive();

    std::size_t refused = 0;
    for (std::size_t i = 0; i < leavers; ++i) {
        io::testing::stream_pair wire;
        io::testing::running joined(net.at, error_of_adopt(pull, wire.left(), io::sp_mapping::tcp));
        net.run(write_raw(wire.right(), said_by_leavers));
        wire.right().close();
        net.at.run_until_idle();
        if (joined.take()) ++refused;
    }
    io::frame_pool::trim();
    const std::int64_t kept = counted::alive() - before;

    MESSAGE("blocks that a thousand left behind: " << kept);
    CHECK(refused == leavers - 128);
    CHECK(kept < 128 * 8);
    CHECK(net.run(receive_texts(pull, 128)) == texts(128, "left"));
    io::frame_pool::trim();
    CHECK(counted::alive() - before < 20);
}

TEST_CASE("who has not greeted costs no large buffer") {
    if (skipped()) return;
    sp_net net;
    io::pull_socket pull;
    std::deque<io::testing::stream_pair> wires;
    for (int i = 0; i < 100; ++i) wires.emplace_back(64);
    counted::forget_largest();

    std::deque<io::testing::running<std::error_code>> joining;
    for (auto& each : wires) {
        joining.emplace_back(net.at, error_of_adopt(pull, each.left(), io::sp_mapping::tcp));
        net.run(write_raw(each.right(), "\0SP\0"sv));
    }

    CHECK(counted::largest() <= 4096);
}

TEST_CASE("a dial that failed for want of memory is tried again, and so is a peer that is lost") {
    if (!allocations_can_fail()) return;

    const auto failures = for_each_failure([](std::uint64_t nth) {
        CAPTURE(nth);
        sp_net net;
        io::pull_socket pull;
        CHECK(!net.run(error_of_listen(pull, "inproc://without memory")));
        io::push_socket push({.reconnect = exact});
        CHECK(push.keep_dialing("inproc://without memory"));
        io::frame_pool::trim();

        const bool failed = fails_at(nth, [&] { net.at.run_until_idle(); });
        net.at.advance(5s);

        CHECK(!push.closed());
        CHECK(!pull.closed());
        CHECK(push.peer_count() == 1);
        CHECK(pull.peer_count() == 1);
        CHECK(net.run(send_texts(push, {"after all"})) == 1);
        CHECK(net.run(receive_texts(pull, 1)) == texts{"after all"});
        return failed;
    });

    CHECK(failures > 3);
}

TEST_CASE("a dial without memory fails, disturbs no socket, and may be tried again") {
    if (!allocations_can_fail()) return;
    std::uint64_t reported = 0;

    const auto failures = for_each_failure([&](std::uint64_t nth) {
        CAPTURE(nth);
        sp_net net;
        io::pull_socket pull;
        CHECK(!net.run(error_of_listen(pull, "inproc://no memory")));
        io::push_socket push;
        std::optional<io::testing::running<std::error_code>> dialed(
            std::in_place, net.at, error_of_dial(push, "inproc://no memory"));
        io::frame_pool::trim();
        const bool failed = fails_at(nth, [&] { net.at.run_until_idle(); });
        std::error_code why;
        try {
            why = dialed->take();
        } catch (const std::bad_alloc&) {
            why = std::make_error_code(std::errc::not_enough_memory);
        }
        CHECK((!why || why == std::errc::not_enough_memory));
        reported += static_cast<bool>(why);
        net.at.advance(5s);  // What was dialed and lost is dialed again.

        CHECK(push.peer_count() == (why ? 0 : 1));
        if (why) CHECK(!net.run(error_of_dial(push, "inproc://no memory")));
        CHECK(pull.peer_count() == 1);
        CHECK(net.run(send_texts(push, {"after all"})) == 1);
        CHECK(net.run(receive_texts(pull, 1)) == texts{"after all"});
        return failed;
    });

    CHECK(failures > 3);
    CHECK(reported > 1);
}

TEST_CASE("what a peer left behind stays, although there is no memory when it goes") {
    if (!allocations_can_fail()) return;

    for_each_failure([&](std::uint64_t nth) {
        CAPTURE(nth);
        sp_net net;
        io::pull_socket pull;
        std::optional<io::push_socket> push(std::in_place);
        net.connect(pull, *push, way::inproc);
        CHECK(net.run(send_texts(*push, {"kept"})) == 1);
        push.reset();
        io::frame_pool::trim();

        const bool failed = fails_at(nth, [&] { net.at.run_until_idle(); });

        CHECK(pull.peer_count() == 0);
        CHECK(net.run(receive_texts(pull, 1)) == texts{"kept"});
        return failed;
    });
}

TEST_CASE("what a socket of this thread has no memory for waits until it has, and is not lost") {
    if (!allocations_can_fail()) return;
    std::uint64_t failures = 0;
    for (std::uint64_t nth = 1; nth < 12; ++nth) {
        CAPTURE(nth);
        sp_net net;
        io::pull_socket pull;
        io::push_socket push;
        net.connect(pull, push, way::inproc);
        std::deque<io::testing::running<bool>> sending;
        for (int i = 0; i < 9; ++i)
            sending.emplace_back(net.at, is_pushed(push, io::message(std::to_string(i))));

        failures += fails_at(nth, [&] { net.at.run_until_idle(); });

        CHECK(push.peer_count() == 1);
        CHECK(net.run(receive_texts(pull, 9)) ==
              texts{"0", "1", "2", "3", "4", "5", "6", "7", "8"});
        for (auto& each : sending) CHECK(each.take());
    }

    CHECK(failures > 0);
}

TEST_CASE("a request without memory for its number in front says so") {
    if (skipped()) return;
    sp_net net;
    io::req_socket req;
    io::message question(std::string(4000, 'q'));
    {
        io::testing::running warm(net.at, ask(req, question.share()));
        net.at.run_until_idle();
    }
    io::testing::running asked(net.at, ask(req, question.share()));

    const bool failed = fails_at(1, [&] { net.at.run_until_idle(); });

    CHECK(failed);
    REQUIRE(asked.done());
    CHECK(asked.take() == std::errc::not_enough_memory);
    CHECK(req.outstanding() == 0);
}

TEST_CASE("the first message to another thread needs no memory, and who finds none is told later") {
    if (!allocations_can_fail()) return;
    sp_net net;
    silent_rules ours;
    silent_rules theirs;
    const auto link = std::make_shared<io::far_link>(8);
    io::far_peer here(ours, 8, link, io::far_link::side::dialed);
    io::far_peer there(theirs, 8, link, io::far_link::side::listened);
    here.begin();
    there.begin();
    net.at.run_until_idle();
    for (int round = 0; round < 3; ++round) {
        io::message first("first");
        io::message second("second");
        bool sent = false;
        bool more = true;

        CHECK(!fails_at(1, [&] { sent = here.try_send(first); }));
        counted::fail_at(1);
        while (more && second.size() != 0) more = here.try_send(second);
        counted::fail_at(0);
        net.at.run_until_idle();

        CHECK(sent);
        CHECK(theirs.came.front() == "first");
        if (!more) CHECK(ours.told_of_room == 1);
        ours.told_of_room = 0;
        theirs.came.clear();
    }
}

TEST_CASE("sp: a socket that is found by its name ends without memory") {
    if (!allocations_can_fail()) return;
    const auto body = []() -> io::task<> {
        std::optional<io::pull_socket> own;
        own.emplace();
        const auto listens = co_await own->listen("inproc://ends-without-memory");
        CHECK(listens);

        fails_at(1, [&] { own.reset(); });

        own.emplace();
        const auto again = co_await own->listen("inproc://ends-without-memory");
        CHECK(again);
    };

    io::run(body());
}
