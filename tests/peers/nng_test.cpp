#include <ostream>
#include <string>
#include <vector>

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include <doctest/doctest.h>

#include "aio/sp/pair_socket.hpp"
#include "aio/sp/pub_socket.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "aio/sp/sub_socket.hpp"
#include "runtime/offload.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/peers/nng_party.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

// The sanitizers ask for it. NNG 1.5.2 now and then leaks a connection that it refuses, and counts
// who uses a connection in ways that the thread sanitizer does not see; what is our own is neither
// allocated nor called there.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libnng\n"; }
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:libnng\n"; }

namespace {

io::task<bool> meet(io::sp_socket& ours, nng_party& theirs, meeting how) {
    if (how.we_listen) {
        auto url = co_await ours.listen(how.url);
        if (!url) co_return false;
        const auto dialed = co_await io::offload([&] { return theirs.dial(*url); });
        if (!dialed || *dialed != 0) co_return false;
    } else {
        const auto dialed = co_await ours.dial(theirs.listen(how.url));
        if (!dialed) co_return false;
    }
    const auto there = co_await io::within(10s, ours.wait_for_peers());
    co_return static_cast<bool>(there);
}

/// Waits until there is none, for ten seconds at most.
io::task<bool> has_no_peer(io::sp_socket& of) {
    for (int i = 0; i < 1'000 && of.peer_count() > 0; ++i) (void)co_await io::sleep_for(10ms);
    co_return of.peer_count() == 0;
}

template <class Socket>
io::task<std::size_t> send_letters(Socket& by) {
    std::size_t sent = 0;
    for (const auto& each : letters()) {
        const auto done = co_await io::within(10s, by.send(io::message(each)));
        if (!done) break;
        ++sent;
    }
    const auto flushed = co_await io::within(10s, by.flush());
    co_return flushed ? sent : 0;
}

template <class Socket>
io::task<std::size_t> receive_letters(Socket& by) {
    std::size_t received = 0;
    for (const auto& each : letters()) {
        const auto got = co_await io::within(10s, by.receive());
        if (!got || got->text() != each) break;
        ++received;
    }
    co_return received;
}

std::size_t they_send_letters(nng_party& by) {
    std::size_t sent = 0;
    for (const auto& each : letters()) sent += by.send(each) == 0;
    return sent;
}

std::size_t they_receive_letters(nng_party& by) {
    std::size_t received = 0;
    for (const auto& each : letters()) {
        if (by.receive() != each) break;
        ++received;
    }
    return received;
}

template <class Body>
void for_each_meeting(Body body) {
    for (const meeting& how : meetings()) {
        CAPTURE(how);
        io::run(body(how));
    }
}

}  // namespace

TEST_SUITE_BEGIN("push_pull");

TEST_CASE("what we push NNG pulls") {
    auto body = [](meeting how) -> io::task<> {
        nng_party theirs(&nng_pull0_open);
        io::push_socket ours;
        const bool met = co_await meet(ours, theirs, how);
        REQUIRE(met);
        std::size_t received = 0;
        beside pulling([&] { received = they_receive_letters(theirs); });

        const auto sent = co_await send_letters(ours);
        pulling.join();

        CHECK(sent == letters().size());
        CHECK(received == letters().size());
    };

    for_each_meeting(body);
}

TEST_CASE("what NNG pushes we pull") {
    auto body = [](meeting how) -> io::task<> {
        nng_party theirs(&nng_push0_open);
        io::pull_socket ours;
        const bool met = co_await meet(ours, theirs, how);
        REQUIRE(met);
        std::size_t sent = 0;
        beside pushing([&] { sent = they_send_letters(theirs); });

        const auto received = co_await receive_letters(ours);
        pushing.join();

        CHECK(sent == letters().size());
        CHECK(received == letters().size());
    };

    for_each_meeting(body);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("pair");

TEST_CASE("a pair of ours and one of NNG's talk in both directions") {
    auto body = [](meeting how) -> io::task<> {
        nng_party theirs(&nng_pair0_open);
        io::pair_socket ours;
        const bool met = co_await meet(ours, theirs, how);
        REQUIRE(met);
        std::size_t received = 0;
        std::size_t sent = 0;
        beside pulling([&] { received = they_receive_letters(theirs); });
        const auto sent_by_us = co_await send_letters(ours);
        pulling.join();
        beside pushing([&] { sent = they_send_letters(theirs); });

        const auto received_by_us = co_await receive_letters(ours);
        pushing.join();

        CHECK(sent_by_us == letters().size());
        CHECK(received == letters().size());
        CHECK(sent == letters().size());
        CHECK(received_by_us == letters().size());
    };

    for_each_meeting(body);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("pub_sub");

TEST_CASE("NNG receives of what we publish what it has subscribed to") {
    auto body = [](meeting how) -> io::task<> {
        nng_party theirs(&nng_sub0_open);
        CHECK(theirs.subscribe("news:") == 0);
        io::pub_socket ours;
        const bool met = co_await meet(ours, theirs, how);
        REQUIRE(met);

        for (const char* const each : {"news:1", "olds:1", "news:", "new", "news:2"})
            (void)co_await ours.send(io::message(each));
        (void)co_await ours.flush();

        CHECK(theirs.receive() == "news:1");
        CHECK(theirs.receive() == "news:");
        CHECK(theirs.receive() == "news:2");
    };

    for_each_meeting(body);
}

TEST_CASE("we receive of what NNG publishes what we have subscribed to") {
    auto body = [](meeting how) -> io::task<> {
        nng_party theirs(&nng_pub0_open);
        io::sub_socket ours;
        ours.subscribe("news:");
        const bool met = co_await meet(ours, theirs, how);
        REQUIRE(met);
        CHECK(theirs.wait_for_pipes(1));
        for (const char* const each : {"news:1", "olds:1", "news:", "new", "news:2"})
            CHECK(theirs.send(each) == 0);

        for (const char* const each : {"news:1", "news:", "news:2"}) {
            const auto got = co_await io::within(10s, ours.receive());
            REQUIRE(got);
            CHECK(got->text() == each);
        }
    };

    for_each_meeting(body);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("req_rep");

TEST_CASE("NNG answers what we ask") {
    auto body = [](meeting how) -> io::task<> {
        nng_party theirs(&nng_rep0_open);
        io::req_socket ours;
        const bool met = co_await meet(ours, theirs, how);
        REQUIRE(met);
        const auto all = letters();
        beside answering([&] {
            for (std::size_t i = 0; i < all.size(); ++i)
                if (theirs.send(theirs.receive()) != 0) break;
        });

        std::size_t answered = 0;
        for (const auto& each : all) {
            const auto reply = co_await io::within(10s, ours.request(io::message(each)));
            if (!reply || reply->text() != each) break;
            ++answered;
        }

        CHECK(answered == all.size());
    };

    for_each_meeting(body);
}

TEST_CASE("we answer what NNG asks") {
    auto body = [](meeting how) -> io::task<> {
        nng_party theirs(&nng_req0_open);
        io::rep_socket ours;
        const bool met = co_await meet(ours, theirs, how);
        REQUIRE(met);
        const auto all = letters();
        std::size_t answered = 0;
        beside asking([&] {
            for (const auto& each : all) {
                if (theirs.send(each) != 0 || theirs.receive() != each) break;
                ++answered;
            }
        });

        for (std::size_t i = 0; i < all.size(); ++i) {
            auto asked = co_await io::within(10s, ours.receive());
            if (!asked) break;
            (void)co_await asked->reply(std::move(asked->what));
        }
        (void)co_await ours.flush();
        asking.join();

        CHECK(answered == all.size());
    };

    for_each_meeting(body);
}

TEST_CASE("NNG asks again when we are lost, and gets its answer from the next of us") {
    auto body = []() -> io::task<> {
        nng_party theirs(&nng_req0_open);
        CHECK(theirs.set_milliseconds(NNG_OPT_RECONNMINT, 1) == 0);
        std::string reply;
        beside asking;
        std::string url = "tcp://127.0.0.1:0";
        {
            io::rep_socket first;
            auto listening = co_await first.listen(url);
            REQUIRE(listening);
            url = *listening;
            const auto dialed = co_await io::offload([&] { return theirs.dial(url); });
            REQUIRE(dialed);
            CHECK(*dialed == 0);
            asking.start([&] {
                (void)theirs.send("who is there?");
                reply = theirs.receive();
            });
            const auto asked = co_await io::within(10s, first.receive());
            CHECK(asked);
            co_await first.stop();
        }
        io::rep_socket second;
        const auto listening = co_await second.listen(url);
        REQUIRE(listening);
        auto asked = co_await io::within(10s, second.receive());
        REQUIRE(asked);

        (void)co_await asked->reply(io::message("me"));
        (void)co_await second.flush();
        asking.join();

        CHECK(reply == "me");
    };

    io::run(body());
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("manners");

TEST_CASE("a peer of a protocol that does not fit is no peer, on either side") {
    auto body = [](meeting how) -> io::task<> {
        nng_party theirs(&nng_rep0_open);
        io::push_socket ours;
        if (!how.we_listen) {
            const auto dialed = co_await ours.dial(theirs.listen(how.url));
            CHECK(dialed.error() == std::errc::wrong_protocol_type);
            co_return;
        }
        const auto url = co_await ours.listen(how.url);
        REQUIRE(url);
        // NNG looks at the protocol after its dial has succeeded.
        (void)co_await io::offload([&] { return theirs.dial(*url); });
        nng_party fitting(&nng_pull0_open);
        const auto dialed = co_await io::offload([&] { return fitting.dial(*url); });
        REQUIRE(dialed);
        const auto there = co_await io::within(10s, ours.wait_for_peers());
        CHECK(there);
        CHECK(ours.peer_count() == 1);
        (void)co_await ours.send(io::message("for who fits"));
        (void)co_await ours.flush();
        CHECK(fitting.receive() == "for who fits");
    };

    for_each_meeting(body);
}

TEST_CASE("a pair of NNG's refuses a second peer, and keeps the first") {
    auto body = [](meeting how) -> io::task<> {
        nng_party theirs(&nng_pair0_open);
        io::pair_socket ours;
        const bool met = co_await meet(ours, theirs, how);
        REQUIRE(met);
        if (how.we_listen) {
            io::pair_socket other;
            const auto url = co_await other.listen("tcp://127.0.0.1:0");
            REQUIRE(url);
            // It may hang up before or after its dial has succeeded.
            (void)co_await io::offload([&] { return theirs.dial(*url); });
            const bool refused = co_await has_no_peer(other);
            CHECK(refused);
        }
        std::string received;
        beside receiving([&] { received = theirs.receive(); });

        const auto sent = co_await ours.send(io::message("still here"));
        (void)co_await ours.flush();
        receiving.join();

        CHECK(sent);
        CHECK(received == "still here");
    };

    for_each_meeting(body);
}

TEST_SUITE_END();
