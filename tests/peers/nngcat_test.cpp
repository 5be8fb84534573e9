#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/child_process.hpp"
#include "aio/sp/pair_socket.hpp"
#include "aio/sp/pub_socket.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "aio/sp/sub_socket.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

// NNG's own command-line tool as the peer, in a process that ends with its test.

namespace {

/// How the two find one another.
struct meeting {
    std::string url;
    bool we_listen;

    friend std::ostream& operator<<(std::ostream& out, const meeting& how) {
        return out << how.url << (how.we_listen ? ", we listen" : ", nngcat listens");
    }
};

/// A port that was free a moment ago.
std::string free_port() { return io::tcp_listener::open(io::address::loopback(0)).value().url(); }

std::vector<meeting> meetings() {
    const std::string name = "lariat-nngcat-" + std::to_string(::getpid());
    std::vector<meeting> all{{"tcp://127.0.0.1:0", true}, {free_port(), false}};
    for (const char* const scheme : {"ipc:///tmp/", "abstract://"})
        for (const bool we_listen : {true, false}) all.push_back({scheme + name, we_listen});
    return all;
}

template <class Options = io::sp_options>
Options eager() {
    Options options;
    options.reconnect = {.first = 5ms, .growth = 1, .longest = 5ms};
    return options;
}

/// Starts nngcat as our socket's peer, and waits until they have met.
template <class... Words>
io::task<io::child_process> meet(io::sp_socket& ours, meeting how, Words... options) {
    std::vector<std::string> words{"nngcat", options...};
    if (how.we_listen) {
        auto url = co_await ours.listen(how.url);
        words.insert(words.end(), {"--dial", url.value()});
    } else {
        ours.keep_dialing(how.url).value();
        words.insert(words.end(), {"--listen", how.url});
    }
    auto theirs = io::child_process::start(io::command(words), {.output = io::child_stream::piped});
    const auto met = co_await io::within(10s, ours.wait_for_peers());
    met.value();
    co_return *std::move(theirs);
}

io::task<std::string> read_output(io::child_process& of, std::size_t count) {
    std::string text(count, '\0');
    const auto got = co_await io::within(10s, io::read_exactly(of.output(), text));
    text.resize(got.count());
    co_return text;
}

template <class Socket>
io::task<> receives(Socket& by, std::string_view text) {
    const auto got = co_await io::within(10s, by.receive());
    REQUIRE(got);
    CHECK(got->text() == text);
}

template <class Socket>
io::task<> sends(Socket& by, std::string_view text) {
    const auto sent = co_await io::within(10s, by.send(io::message(text)));
    CHECK(sent);
}

template <class Body>
void for_each_meeting(Body body) {
    for (const meeting& how : meetings()) {
        CAPTURE(how);
        io::run(body(how));
        // What was killed does not tidy up.
        if (how.url.starts_with("ipc://")) ::unlink(how.url.substr(6).c_str());
    }
}

}  // namespace

TEST_SUITE_BEGIN("push_pull");

TEST_CASE("what nngcat pushes we pull") {
    for_each_meeting([](meeting how) -> io::task<> {
        io::pull_socket ours(eager());
        auto theirs = co_await meet(ours, how, "--push0", "--data", "hello", "--count", "3",
                                    "--interval", "0");

        for (int i = 0; i < 3; ++i) co_await receives(ours, "hello");
    });
}

TEST_CASE("nngcat pulls what we push") {
    for_each_meeting([](meeting how) -> io::task<> {
        io::push_socket ours(eager());
        auto theirs = co_await meet(ours, how, "--pull0", "--quoted");

        for (const char* const each : {"one", "", "three"}) co_await sends(ours, each);

        const auto heard = co_await read_output(theirs, 17);
        CHECK(heard == "\"one\"\n\"\"\n\"three\"\n");
    });
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("pair");

TEST_CASE("nngcat and we talk in both directions") {
    for_each_meeting([](meeting how) -> io::task<> {
        io::pair_socket ours(eager());
        auto theirs = co_await meet(ours, how, "--pair0", "--data", "theirs", "--quoted");

        co_await receives(ours, "theirs");
        co_await sends(ours, "ours");

        const auto heard = co_await read_output(theirs, 7);
        CHECK(heard == "\"ours\"\n");
    });
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("pub_sub");

TEST_CASE("nngcat receives of what we publish what it has subscribed to") {
    for_each_meeting([](meeting how) -> io::task<> {
        io::pub_socket ours(eager());
        auto theirs = co_await meet(ours, how, "--sub0", "--subscribe", "news:", "--quoted");

        for (const char* const each : {"news:1", "olds:1", "news:", "new", "news:2"})
            co_await sends(ours, each);

        const auto heard = co_await read_output(theirs, 26);
        CHECK(heard == "\"news:1\"\n\"news:\"\n\"news:2\"\n");
    });
}

TEST_CASE("we receive what nngcat publishes") {
    for_each_meeting([](meeting how) -> io::task<> {
        io::sub_socket ours(eager());
        ours.subscribe("news:");
        auto theirs = co_await meet(ours, how, "--pub0", "--data", "news:1", "--interval", "0");

        for (int i = 0; i < 3; ++i) co_await receives(ours, "news:1");
    });
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("req_rep");

TEST_CASE("nngcat answers what we ask") {
    for_each_meeting([](meeting how) -> io::task<> {
        io::req_socket ours(eager<io::req_options>());
        auto theirs = co_await meet(ours, how, "--rep0", "--data", "answer");

        for (int i = 0; i < 3; ++i) {
            const auto reply = co_await io::within(10s, ours.request(io::message("question")));
            REQUIRE(reply);
            CHECK(reply->text() == "answer");
        }
    });
}

TEST_CASE("we answer what nngcat asks") {
    for_each_meeting([](meeting how) -> io::task<> {
        io::rep_socket ours(eager<io::rep_options>());
        auto theirs = co_await meet(ours, how, "--req0", "--data", "question", "--quoted");
        auto asked = co_await io::within(10s, ours.receive());
        REQUIRE(asked);
        CHECK(asked->what.text() == "question");

        const auto sent = co_await asked->reply(io::message("answer"));

        CHECK(sent);
        const auto heard = co_await read_output(theirs, 9);
        CHECK(heard == "\"answer\"\n");
    });
}

TEST_SUITE_END();
