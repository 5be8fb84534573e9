#include <atomic>
#include <cstdint>
#include <future>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "aio/sp/pair_socket.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/within.hpp"

using namespace std::chrono_literals;
using lariat::message;
using lariat::task;

namespace {

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
