#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "aio/sp/far_peer.hpp"
#include "aio/sp/pair_socket.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/testing/other_thread.hpp"
#include "runtime/frame_pool.hpp"
#include "tests/aio/sp/linked.hpp"
#include "tests/allocations/scarce.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

texts numbers(int from, int to) {
    texts made;
    for (int i = from; i < to; ++i) made.push_back(std::to_string(i));
    return made;
}

io::task<bool> is_sent(io::pair_socket& by, io::message what) {
    const auto sent = co_await by.send(std::move(what));
    co_return sent.has_value();
}

io::task<> is_stopped(io::pull_socket& which) { co_await which.stop(); }

/// Keeps what comes to an end of a far link that is alone on its thread.
class keeping_rules final : public io::sp_rules {
  public:
    void joined(io::sp_peer&) noexcept override {}
    void left(io::sp_peer&) noexcept override {}
    io::reception arrived(io::sp_peer& who, io::message& what) noexcept override {
        return who.keep(what) ? io::reception::taken : io::reception::no_memory;
    }
    bool wants_what_is_left() const noexcept override { return wants_more; }
    void has_room(io::sp_peer&) noexcept override { ++told_of_room; }

    bool wants_more = true;
    int told_of_room = 0;
};

/// Takes all that it has, and what comes when there is room again.
texts take_all(io::sp_peer& from) {
    texts taken;
    while (from.has_kept()) taken.emplace_back(from.take().text());
    return taken;
}

/// The two ends of a far link, on one thread.
struct far_ends {
    explicit far_ends(std::size_t most) : link(std::make_shared<io::far_link>(most)) {
        here.emplace(ours, most, link, io::far_link::side::dialed);
        there.emplace(theirs, most, link, io::far_link::side::listened);
        here->begin();
        there->begin();
        at.run_until_idle();
    }

    void send_numbers(int from, int to) {
        for (const auto& each : numbers(from, to)) {
            io::message one(each);
            CHECK(here->try_send(one));
        }
    }

    io::testing::manual_home at;
    keeping_rules ours;
    keeping_rules theirs;
    std::shared_ptr<io::far_link> link;
    std::optional<io::far_peer> here;
    std::optional<io::far_peer> there;
};

/// A pull socket, and a peer that has announced more than there can be memory for.
struct endless_message {
    endless_message() {
        net.run(write_raw(wire.right(), {"\0SP\0\0\x50\0\0", 8}));
        net.run(write_raw(wire.right(), {"\x7f\0\0\0\0\0\0\0", 8}));
    }

    sp_net net;
    io::testing::stream_pair wire;
    io::pull_socket pull{{.longest_message = io::no_longest_message}};
    io::testing::running<std::error_code> joined{
        net.at, error_of_adopt(pull, wire.left(), io::sp_mapping::tcp)};
};

/// Whether a peer's connection is over.
struct watched {
    watched(io::testing::manual_home& at, io::sp_peer& who) : run(at, who.run()) {}
    io::testing::running<> run;
};

}  // namespace

TEST_CASE("what has come from another thread stays on its way while there is no memory for it") {
    if (!allocations_can_fail()) return;

    const auto failures = for_each_failure([](std::uint64_t nth) {
        CAPTURE(nth);
        far_ends ends(64);
        const watched there(ends.at, *ends.there);
        ends.at.run_until_idle();
        ends.send_numbers(0, 20);

        const bool failed = fails_at(nth, [&] { ends.at.run_until_idle(); });
        texts came = take_all(*ends.there);
        ends.at.run_until_idle();
        for (auto& each : take_all(*ends.there)) came.push_back(std::move(each));

        CHECK(came == numbers(0, 20));
        CHECK(!there.run.done());
        return failed;
    });

    CHECK(failures > 2);
}

TEST_CASE("what another thread has left behind is waited for until there is memory for all of it") {
    if (!allocations_can_fail()) return;

    const auto failures = for_each_failure([](std::uint64_t nth) {
        CAPTURE(nth);
        far_ends ends(64);
        const watched there(ends.at, *ends.there);
        ends.at.run_until_idle();
        ends.send_numbers(0, 20);
        ends.here.reset();

        const bool failed = fails_at(nth, [&] { ends.at.run_until_idle(); });
        CHECK(there.run.done() == !failed);
        const texts came = take_all(*ends.there);
        ends.at.run_until_idle();

        CHECK(came == numbers(0, 20));
        CHECK(there.run.done());
        return failed;
    });

    CHECK(failures > 2);
}

TEST_CASE(
    "what another thread has left behind goes without memory, where nobody would ask for it") {
    if (!allocations_can_fail()) return;

    const auto failures = for_each_failure([](std::uint64_t nth) {
        CAPTURE(nth);
        far_ends ends(64);
        ends.theirs.wants_more = false;
        const watched there(ends.at, *ends.there);
        ends.at.run_until_idle();
        ends.send_numbers(0, 20);
        ends.here.reset();

        const bool failed = fails_at(nth, [&] { ends.at.run_until_idle(); });

        CHECK(there.run.done());
        ends.there->disconnect();
        const texts came = take_all(*ends.there);
        CHECK(came == numbers(0, static_cast<int>(came.size())));
        CHECK((came.size() == 20) == !failed);
        return failed;
    });

    CHECK(failures > 2);
}

TEST_CASE("who listens gives another thread no message before that has let it in") {
    io::testing::manual_home at;
    keeping_rules ours;
    keeping_rules theirs;
    const auto link = std::make_shared<io::far_link>(64);
    io::far_peer there(theirs, 64, link, io::far_link::side::listened);
    there.begin();
    at.run_until_idle();
    io::message first("first");

    CHECK(!there.has_room());
    CHECK(!there.try_send(first));
    {
        io::far_peer never(ours, 64, link, io::far_link::side::dialed);
        CHECK(!there.try_send(first));
        never.begin();
        at.run_until_idle();
        CHECK(theirs.told_of_room == 1);
        CHECK(there.try_send(first));
        at.run_until_idle();
        CHECK(take_all(never) == texts{"first"});
    }
}

TEST_CASE("the newest goes to another thread also without memory for one more") {
    if (!allocations_can_fail()) return;
    far_ends ends(64);

    std::vector<io::message> letters;
    for (char each = 'a'; each <= 'z'; ++each) letters.emplace_back(std::string(1, each));
    std::size_t sent = 0;

    const bool failed = fails_at(1, [&] {
        while (!counted::failed() && sent < letters.size())
            ends.here->send_newest(std::move(letters[sent++]));
    });
    ends.at.run_until_idle();

    CHECK(failed);
    texts expected;
    for (std::size_t i = 1; i < sent; ++i)  // The oldest made room.
        expected.emplace_back(1, static_cast<char>('a' + i));
    CHECK(take_all(*ends.there) == expected);
}

TEST_CASE("what is sent over a stream arrives also if there is no memory for a while") {
    if (!allocations_can_fail()) return;
    texts all = numbers(0, 20);
    all.insert(all.begin() + 10, std::string(20'000, 'l'));

    const auto failures = for_each_failure([&](std::uint64_t nth) {
        CAPTURE(nth);
        sp_net net;
        io::pair_socket one;
        io::pair_socket other;
        net.connect(one, other, way::wire);
        std::deque<io::testing::running<bool>> sending;
        for (const auto& each : all) sending.emplace_back(net.at, is_sent(one, io::message(each)));
        io::frame_pool::trim();

        const bool failed = fails_at(nth, [&] { net.at.run_until_idle(); });
        net.at.advance(1s);

        CHECK(one.peer_count() == 1);
        CHECK(other.peer_count() == 1);
        CHECK(net.run(receive_texts(other, all.size())) == all);
        for (auto& each : sending) CHECK(each.take());
        return failed;
    });

    CHECK(failures > 3);
}

TEST_CASE("a stream that finds no memory, whenever that is, goes on where it was") {
    for (int nth = 1; nth < 50; ++nth) {
        CAPTURE(nth);
        for (const bool sender : {true, false}) {
            sp_net net;
            io::testing::stream_pair wire;
            io::push_socket push;
            io::pull_socket pull;
            int never = 0;
            int until_failure = 0;
            const auto mapping = io::sp_mapping::tcp;
            const auto adopt = [&](io::sp_socket& by, io::any_stream end) -> io::task<bool> {
                const auto done = co_await by.adopt(std::move(end), mapping);
                co_return done.has_value();
            };
            auto left = scarce(wire.left(), sender ? until_failure : never);
            auto right = scarce(wire.right(), sender ? never : until_failure);
            io::testing::running first(net.at, adopt(push, std::move(left)));
            io::testing::running second(net.at, adopt(pull, std::move(right)));
            net.at.run_until_idle();
            REQUIRE((first.take() && second.take()));
            wire.limit_steps(5);
            until_failure = nth;

            io::testing::running sent(net.at, send_texts(push, numbers(0, 30)));
            net.at.advance(1s);

            CHECK(until_failure <= 0);
            CHECK(sent.take() == 30);
            CHECK(push.peer_count() == 1);
            CHECK(net.run(receive_texts(pull, 30)) == numbers(0, 30));
        }
    }
}

TEST_CASE("a peer that there is no memory for, however long, is sent away after ten seconds") {
    if (!allocations_can_fail()) return;
    endless_message from;

    from.net.at.advance(9s);
    CHECK(from.pull.peer_count() == 1);
    from.net.at.advance(2s);

    CHECK(!from.joined.take());
    CHECK(from.pull.peer_count() == 0);
    CHECK(!from.pull.closed());
}

TEST_CASE("a socket stops at once while one of its peers waits for memory") {
    if (!allocations_can_fail()) return;
    endless_message from;
    from.net.at.advance(1s);
    REQUIRE(from.pull.peer_count() == 1);

    io::testing::running stopped(from.net.at, is_stopped(from.pull));
    for (int turn = 0; turn < 20; ++turn) from.net.at.run_turn();

    CHECK(stopped.done());
    CHECK(!from.joined.take());
}

TEST_CASE("a peer that there is no memory to let in is given no message that waits for one") {
    if (!allocations_can_fail()) return;
    std::uint64_t refused = 0;

    const auto failures = for_each_failure([&](std::uint64_t nth) {
        CAPTURE(nth);
        sp_net net;
        io::testing::stream_pair wire;
        io::push_socket push;
        io::pull_socket pull;
        io::testing::running sent(net.at, send_texts(push, {"waits"}));
        net.run(write_raw(wire.right(), {"\0SP\0\0\x51\0\0", 8}));
        io::testing::running joined(net.at, error_of_adopt(push, wire.left(), io::sp_mapping::tcp));
        io::frame_pool::trim();

        const bool failed = fails_at(nth, [&] { net.at.advance(1s); });
        if (push.peer_count() == 0) {
            ++refused;
            CHECK(!sent.done());
            net.connect(pull, push, way::wire);
            CHECK(net.run(receive_texts(pull, 1)) == texts{"waits"});
        } else {
            CHECK(net.run(read_raw(wire.right(), 8 + 8 + 5)).ends_with("waits"));
        }

        REQUIRE(sent.done());
        CHECK(sent.take() == 1);
        return failed;
    });

    CHECK(failures > 10);
    CHECK(refused > 5);
}

TEST_CASE("who comes from another thread waits at the door until there is memory to let it in") {
    if (!allocations_can_fail()) return;
    io::testing::other_thread elsewhere;

    const auto failures = for_each_failure([&](std::uint64_t nth) {
        CAPTURE(nth);
        sp_net net;
        io::pull_socket pull;
        CHECK(!net.run(error_of_listen(pull, "inproc://scarce door")));
        std::optional<sp_net> there;
        std::optional<io::push_socket> push;
        std::error_code dialed;
        std::size_t sent = 0;
        elsewhere.run([&] {
            there.emplace();
            push.emplace();
            dialed = there->run(error_of_dial(*push, "inproc://scarce door"));
            sent = there->run(send_texts(*push, {"first"}));
        });
        io::frame_pool::trim();

        const bool failed = fails_at(nth, [&] { net.at.run_until_idle(); });
        net.at.advance(1s);
        CHECK(pull.peer_count() == 1);
        elsewhere.run([&] {
            there->at.run_until_idle();
            sent += there->run(send_texts(*push, {"second"}));
        });
        net.at.run_until_idle();

        CHECK(!dialed);
        CHECK(sent == 2);
        CHECK(net.run(receive_texts(pull, 2)) == texts{"first", "second"});
        elsewhere.run([&] {
            push.reset();
            there.reset();
        });
        return failed;
    });

    CHECK(failures > 5);
}
