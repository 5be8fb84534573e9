#include "aio/sp/socket.hpp"

#include <optional>
#include <string>
#include <vector>

#include "aio/sp/pair_socket.hpp"
#include "aio/sp/place.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "runtime/within.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using namespace lariat::testing;
using lariat::pull_socket;
using lariat::push_socket;
using lariat::sp_place;
using lariat::task;

namespace {

using texts = std::vector<std::string>;

/// Pauses without chance.
constexpr lariat::retry_options exact{.first = 100ms, .growth = 2, .longest = 1s, .jitter = 0};

task<std::error_code> wait_for(lariat::sp_socket& by, std::size_t count) {
    const auto there = co_await by.wait_for_peers(count);
    co_return there.error();
}

}  // namespace

TEST_CASE("names within the process are found, taken once, and free again after a close") {
    sp_net net;
    pull_socket other;
    {
        pull_socket pull;
        CHECK(!net.run(error_of_listen(pull, "inproc://name")));

        CHECK(net.run(error_of_listen(other, "inproc://name")) == std::errc::address_in_use);
    }
    push_socket push;
    CHECK(net.run(error_of_dial(push, "inproc://name")) == std::errc::connection_refused);

    CHECK(!net.run(error_of_listen(other, "inproc://name")));
    CHECK(!net.run(error_of_dial(push, "inproc://name")));
}

TEST_CASE("a protocol that does not fit is refused within the process too") {
    sp_net net;
    pull_socket pull;
    lariat::rep_socket rep;
    CHECK(!net.run(error_of_listen(pull, "inproc://fits")));

    CHECK(net.run(error_of_dial(rep, "inproc://fits")) == std::errc::wrong_protocol_type);
}

TEST_CASE("what is no URL is refused at once") {
    sp_net net;
    push_socket push;
    for (const char* const url : {"", "inproc://", "nonsense"}) {
        CHECK(net.run(error_of_dial(push, url)) == std::errc::invalid_argument);
        CHECK(net.run(error_of_listen(push, url)) == std::errc::invalid_argument);
        CHECK(push.keep_dialing(url).error() == std::errc::invalid_argument);
    }
}

TEST_CASE("a peer that is not there yet is dialed again, after pauses that grow") {
    sp_net net;
    push_socket push({.reconnect = exact});
    CHECK(push.keep_dialing("inproc://later"));
    pull_socket pull;
    net.at.run_until_idle();
    net.at.advance(100ms);
    CHECK(!net.run(error_of_listen(pull, "inproc://later")));
    net.at.advance(199ms);
    CHECK(push.peer_count() == 0);

    net.at.advance(1ms);

    CHECK(push.peer_count() == 1);
}

TEST_CASE("a peer that is lost is dialed again") {
    sp_net net;
    push_socket push({.reconnect = exact});
    std::optional<pull_socket> pull(std::in_place);
    CHECK(!net.run(error_of_listen(*pull, "inproc://again")));
    CHECK(!net.run(error_of_dial(push, "inproc://again")));
    net.at.advance(5s);
    pull.reset();
    pull.emplace();
    net.at.run_until_idle();
    CHECK(push.peer_count() == 0);
    CHECK(!net.run(error_of_listen(*pull, "inproc://again")));

    net.at.advance(100ms);

    CHECK(push.peer_count() == 1);
    CHECK(net.run(send_texts(push, {"back"})) == 1);
    CHECK(net.run(receive_texts(*pull, 1)) == texts{"back"});
}

TEST_CASE("a wait for peers ends when they are there, or with the socket") {
    sp_net net;
    pull_socket pull;
    CHECK(!net.run(wait_for(pull, 0)));
    running two(net.at, wait_for(pull, 2));
    push_socket first;
    push_socket second;
    net.connect(pull, first, way::inproc);
    REQUIRE(!two.done());
    net.connect(pull, second, way::wire);
    CHECK(!two.take());
    CHECK(pull.peer_count() == 2);
    running three(net.at, wait_for(pull, 3));
    net.at.run_until_idle();

    pull.close();
    net.at.run_until_idle();

    CHECK(three.take() == lariat::error::closed);
}

TEST_CASE("a stream whose peer greets wrongly, or not at all, is no peer") {
    for (const std::string_view greeting : {"\0SP\0\0\x51\0\0"sv, "GET / HTTP/1.1"sv, ""sv}) {
        sp_net net;
        pull_socket pull;
        stream_pair wire;
        running joined(net.at, error_of_adopt(pull, wire.left(), lariat::sp_mapping::tcp));
        auto say = [](memory_stream& end, std::string_view bytes) -> task<> {
            (void)co_await lariat::write_all(end, bytes);
        };
        net.run(say(wire.right(), greeting));

        net.at.advance(10s);

        CHECK(joined.take());
        CHECK(pull.peer_count() == 0);
    }
}

TEST_CASE("a peer that sends no frame, or too long a message, is sent away") {
    for (const std::string_view frame :
         {"\2"sv, "\1\0\0\0\0\0\0\0\x65"sv, "\1\xff\xff\xff\xff\xff\xff\xff\xff"sv}) {
        sp_net net;
        pull_socket pull({.longest_message = 100});
        stream_pair wire;
        running joined(net.at, error_of_adopt(pull, wire.left(), lariat::sp_mapping::ipc));
        auto say = [](memory_stream& end, std::string_view bytes) -> task<> {
            (void)co_await lariat::write_all(end, "\0SP\0\0\x50\0\0"sv);
            (void)co_await lariat::write_all(end, "\1\0\0\0\0\0\0\0\2ok"sv);
            (void)co_await lariat::write_all(end, bytes);
        };
        net.run(say(wire.right(), frame));

        net.at.run_until_idle();

        CHECK(!joined.take());
        CHECK(pull.peer_count() == 0);
        CHECK(net.run(receive_texts(pull, 1)) == texts{"ok"});
    }
}

TEST_CASE("stop waits until nothing of the socket is left, and can be awaited again") {
    sp_net net;
    pull_socket pull;
    push_socket push;
    net.connect(pull, push, way::wire);
    auto stop = [](lariat::sp_socket& which) -> task<> {
        co_await which.stop();
        co_await which.stop();
    };

    net.run(stop(pull));

    CHECK(pull.closed());
    CHECK(pull.peer_count() == 0);
    net.at.run_until_idle();
    CHECK(push.peer_count() == 0);
}

TEST_CASE("URLs name a mapping and the stream below it") {
    CHECK(sp_place::parse("tcp://127.0.0.1:7000")->mapping == lariat::sp_mapping::tcp);
    CHECK(sp_place::parse("tcp://127.0.0.1:7000")->address == "tcp://127.0.0.1:7000");
    CHECK(sp_place::parse("ipc:///run/x")->mapping == lariat::sp_mapping::ipc);
    CHECK(sp_place::parse("ipc:///run/x")->address == "unix:///run/x");
    CHECK(sp_place::parse("inproc://x/y")->what == sp_place::kind::inproc);
    CHECK(sp_place::parse("inproc://x/y")->address == "x/y");
}
