#include "aio/sp/socket.hpp"

#include <atomic>
#include <cstdint>
#include <future>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "aio/sp/pair_socket.hpp"
#include "aio/sp/place.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/within.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace lariat::testing;
using namespace std::chrono_literals;
using namespace std::string_view_literals;
using lariat::message;
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

/// A task on a scheduler of its own, on a thread of its own.
template <class Body>
class on_a_thread {
  public:
    explicit on_a_thread(Body body)
        : thread_([this, body] { outcome_.set_value(lariat::run(body())); }) {}
    ~on_a_thread() { thread_.join(); }

    auto take() { return future_.get(); }

  private:
    using value = typename std::invoke_result_t<Body>::value_type;
    std::promise<value> outcome_;
    std::future<value> future_ = outcome_.get_future();
    std::thread thread_;
};

task<bool> answer_all(const char* url, int count) {
    lariat::rep_socket rep;
    const auto listening = co_await rep.listen(url);
    if (!listening) co_return false;
    while (count-- > 0) {
        auto asked = co_await lariat::within(20s, rep.receive());
        if (!asked) co_return false;
        const auto sent = co_await asked->reply(message(asked->what.text()));
        if (!sent) co_return false;
    }
    // The last reply is on its way until the other side has gone.
    while (rep.peer_count() > 0) {
        const auto paused = co_await lariat::sleep_for(1ms);
        if (!paused) co_return false;
    }
    co_return true;
}

task<int> ask_all(const char* url, int count) {
    lariat::req_socket req;
    int answered = 0;
    if (!req.keep_dialing(url)) co_return 0;
    for (int i = 0; i < count; ++i) {
        const std::string question = std::to_string(i);
        auto reply = co_await lariat::within(20s, req.request(message(question)));
        if (!reply || reply->text() != question) co_return answered;
        ++answered;
    }
    co_return answered;
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

TEST_CASE("a peer that is lost is dialed again, although it left a message that nobody receives") {
    sp_net net;
    lariat::pair_socket dials({.reconnect = exact});
    std::optional<lariat::pair_socket> there(std::in_place);
    CHECK(!net.run(error_of_listen(*there, "inproc://left")));
    CHECK(!net.run(error_of_dial(dials, "inproc://left")));
    CHECK(net.run(send_texts(*there, {"left behind"})) == 1);
    net.at.advance(5s);
    there.reset();
    there.emplace();
    CHECK(!net.run(error_of_listen(*there, "inproc://left")));

    net.at.advance(100ms);

    CHECK(dials.peer_count() == 1);
    CHECK(net.run(receive_texts(dials, 1)) == texts{"left behind"});
}

TEST_CASE("a flush of a socket that is closed says so, whatever it lost") {
    sp_net net;
    push_socket push;
    pull_socket slow({.receive_queue = 1});
    net.connect(push, slow, way::wire, 9);
    CHECK(net.run(send_texts(push, {"one", "two", "three"})) == 3);
    push.close();

    auto flushes = [&]() -> lariat::task<std::error_code> {
        const auto done = co_await push.flush();
        co_return done.error();
    };

    CHECK(net.run(flushes()) == lariat::error::closed);
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
        net.run(write_raw(wire.right(), greeting));

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
        net.run(write_raw(wire.right(), "\0SP\0\0\x50\0\0"sv));
        net.run(write_raw(wire.right(), "\1\0\0\0\0\0\0\0\2ok"sv));
        net.run(write_raw(wire.right(), frame));

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
    CHECK(sp_place::parse("ipc://@a b%")->address == "unix:%40a%20b%25");
    CHECK(sp_place::parse("unix:///run/x")->mapping == lariat::sp_mapping::ipc);
    CHECK(sp_place::parse("abstract://x")->mapping == lariat::sp_mapping::ipc);
    CHECK(sp_place::parse("abstract://x")->address == "unix:@x");
    CHECK(sp_place::parse("inproc://x/y")->what == sp_place::kind::inproc);
    CHECK(sp_place::parse("inproc://x/y")->address == "x/y");
}

TEST_CASE("sockets of two threads talk to one another without a stream between them") {
    on_a_thread answering([] { return answer_all("inproc://threads", 2000); });
    on_a_thread asking([] { return ask_all("inproc://threads", 2000); });

    CHECK(asking.take() == 2000);
    CHECK(answering.take());
}

TEST_CASE("between threads queues that are full hold the sender up, and nothing is lost") {
    constexpr int count = 20'000;
    auto pull = []() -> task<int> {
        lariat::pull_socket own({.receive_queue = 3});
        const auto listening = co_await own.listen("inproc://full");
        if (!listening) co_return -1;
        int next = 0;
        while (next < count) {
            const auto got = co_await lariat::within(20s, own.receive());
            if (!got || got->text() != std::to_string(next)) break;
            ++next;
        }
        co_return next;
    };
    auto push = []() -> task<int> {
        lariat::push_socket own({.send_queue = 2});
        if (!own.keep_dialing("inproc://full")) co_return -1;
        int sent = 0;
        for (; sent < count; ++sent) {
            const auto done = co_await lariat::within(20s, own.send(message(std::to_string(sent))));
            if (!done) break;
        }
        const auto flushed = co_await own.flush();
        co_return flushed ? sent : -1;
    };

    on_a_thread pulling(pull);
    on_a_thread pushing(push);

    CHECK(pushing.take() == count);
    CHECK(pulling.take() == count);
}

TEST_CASE("between threads a pair refuses a second peer") {
    std::promise<void> listening;
    std::promise<void> tried;
    auto listen = [&]() -> task<bool> {
        lariat::pair_socket pair;
        const auto open = co_await pair.listen("inproc://pairs");
        listening.set_value();
        const auto there = co_await lariat::within(20s, pair.wait_for_peers());
        const auto got = co_await lariat::within(20s, pair.receive());
        tried.get_future().wait();
        co_return open&& there&& got && got->text() == "first" && pair.peer_count() == 1;
    };
    auto dial = [&]() -> task<bool> {
        listening.get_future().wait();
        lariat::pair_socket first;
        lariat::pair_socket second;
        const auto one = co_await first.dial("inproc://pairs");
        const auto sent = co_await first.send(message("first"));
        const auto two = co_await second.dial("inproc://pairs");
        // It learns from the other thread that it is not wanted.
        while (second.peer_count() > 0) {
            const auto paused = co_await lariat::sleep_for(1ms);
            if (!paused) break;
        }
        tried.set_value();
        co_return one&& sent&& two;
    };

    on_a_thread listener(listen);
    on_a_thread dialer(dial);

    CHECK(dialer.take());
    CHECK(listener.take());
}

TEST_CASE("a socket of another thread may end at any time") {
    std::atomic<bool> done{false};
    std::atomic<int> received{0};
    auto pull = [&]() -> task<bool> {
        while (!done) {
            lariat::pull_socket own;
            const auto listening = co_await own.listen("inproc://comes and goes");
            if (!listening) co_return false;
            for (int i = 0; i < 10 && !done; ++i) {
                const auto got = co_await lariat::within(1ms, own.receive());
                if (got) ++received;
            }
        }
        co_return true;
    };
    auto push = [&]() -> task<bool> {
        for (int round = 0; round < 200; ++round) {
            lariat::push_socket own(
                {.reconnect = {.first = 10us, .growth = 1, .longest = 10us, .jitter = 1}});
            if (!own.keep_dialing("inproc://comes and goes")) co_return false;
            for (int i = 0; i < 20; ++i) {
                const auto sent = co_await lariat::within(1ms, own.send(message("m")));
                if (!sent) break;
            }
        }
        done = true;
        co_return true;
    };

    on_a_thread pulling(pull);
    on_a_thread pushing(push);

    CHECK(pushing.take());
    CHECK(pulling.take());
    CHECK(received > 0);
}
