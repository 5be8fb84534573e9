#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "runtime/scope.hpp"
#include "runtime/within.hpp"
#include "tests/aio/sp/asking.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;
using namespace lariat::testing;
using lariat::message;
using lariat::rep_request;
using lariat::rep_socket;
using lariat::req_socket;
using lariat::task;

namespace {

using texts = std::vector<std::string>;

task<std::string> ask_within(lariat::duration span, req_socket& by, std::string question) {
    auto reply = co_await lariat::within(span, by.request(message(question)));
    co_return reply ? std::string(reply->text()) : reply.error().message();
}

/// Answers each with itself in brackets.
task<> answer(rep_socket& by, int count) {
    while (count-- > 0) {
        auto asked = co_await by.receive();
        if (!asked) co_return;
        const auto sent =
            co_await asked->reply(message("[" + std::string(asked->what.text()) + "]"));
        if (!sent) co_return;
    }
}

/// A rep socket whose peer is played by the test, byte by byte.
struct scripted_asker {
    explicit scripted_asker(lariat::rep_options options = {}) : rep(options) {
        running joined(net.at, error_of_adopt(rep, wire.left(), lariat::sp_mapping::tcp));
        net.run(write_raw(wire.right(), "\0SP\0\0\x30\0\0"sv));
        CHECK(net.run(read_raw(wire.right(), 8)) == "\0SP\0\0\x31\0\0"sv);
        REQUIRE(!joined.take());
    }

    void say(std::string_view frame) {
        const char length[8] = {0, 0, 0, 0, 0, 0, 0, static_cast<char>(frame.size())};
        net.run(write_raw(wire.right(), std::string(length, 8) + std::string(frame)));
    }

    sp_net net;
    stream_pair wire;
    rep_socket rep;
};

}  // namespace

TEST_CASE("a request gets its reply") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        req_socket req;
        rep_socket rep;
        net.connect(req, rep, how);
        running answering(net.at, answer(rep, 2));

        CHECK(net.run(ask(req, "one")) == "[one]");
        CHECK(net.run(ask(req, "")) == "[]");
        CHECK(req.outstanding() == 0);
    }
}

TEST_CASE("many requests at once get their own replies, in whatever order they are answered") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        req_socket req;
        rep_socket rep;
        net.connect(req, rep, how);
        std::deque<running<std::string>> asked;
        for (int i = 0; i < 50; ++i) asked.emplace_back(net.at, ask(req, std::to_string(i)));
        std::vector<rep_request> open;
        for (int i = 0; i < 50; ++i) open.push_back(*net.run(take_request(rep)));
        CHECK(req.outstanding() == 50);

        while (!open.empty()) {
            const std::string with = "r" + std::string(open.back().what.text());
            CHECK(!net.run(reply(open.back(), with)));
            open.pop_back();
        }
        net.at.run_until_idle();

        for (std::size_t i = 0; i < 50; ++i) CHECK(asked[i].take() == "r" + std::to_string(i));
        CHECK(req.outstanding() == 0);
    }
}

TEST_CASE("requests go to the peers in turn") {
    sp_net net;
    req_socket req;
    rep_socket reps[2];
    for (auto& each : reps) net.connect(req, each, way::inproc);
    running a(net.at, ask(req, "a"));
    running b(net.at, ask(req, "b"));
    net.at.run_until_idle();

    auto first = net.run(take_request(reps[0]));
    auto second = net.run(take_request(reps[1]));

    CHECK(first->what.text() == "a");
    CHECK(second->what.text() == "b");
}

TEST_CASE("a request waits for a peer") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        req_socket req;
        rep_socket rep;
        running asked(net.at, ask(req, "early"));
        net.at.run_until_idle();
        net.connect(req, rep, how);

        net.run(answer(rep, 1));

        CHECK(asked.take() == "[early]");
    }
}

TEST_CASE("a request without a reply is sent again after its time, not before") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        req_socket req;
        rep_socket rep;
        net.connect(req, rep, how);
        running asked(net.at, ask(req, "again"));
        net.at.run_until_idle();
        CHECK(net.run(take_request(rep)).has_value());  // And forgotten.
        running answering(net.at, answer(rep, 1));
        net.at.advance(59'999ms);
        REQUIRE(!answering.done());

        net.at.advance(1ms);

        CHECK(answering.done());
        CHECK(asked.take() == "[again]");
    }
}

TEST_CASE("the time after which a request is sent again is an option") {
    sp_net net;
    lariat::req_options options;
    options.resend_after = 1s;
    req_socket req(options);
    rep_socket rep;
    net.connect(req, rep, way::inproc);
    running asked(net.at, ask(req, "again"));
    for (int round = 0; round < 3; ++round) {
        CHECK(net.run(take_request(rep)).has_value());
        net.at.advance(1s);
    }

    net.run(answer(rep, 1));

    CHECK(asked.take() == "[again]");
}

TEST_CASE("a request whose peer is lost is sent to another one at once") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        req_socket req;
        rep_socket other;
        std::optional<running<std::string>> asked;
        {
            rep_socket lost;
            net.connect(req, lost, how);
            asked.emplace(net.at, ask(req, "who answers?"));
            net.at.run_until_idle();
            CHECK(net.run(take_request(lost)).has_value());
            net.connect(req, other, how);
        }

        net.run(answer(other, 1));

        CHECK(asked->take() == "[who answers?]");
    }
}

TEST_CASE("a cancelled request is dropped, and a late reply is nobody's") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        req_socket req;
        rep_socket rep;
        net.connect(req, rep, how);
        running dropped(net.at, ask(req, "dropped"));
        net.at.run_until_idle();
        auto open = net.run(take_request(rep));
        dropped.cancel();
        net.at.run_until_idle();
        CHECK(dropped.take() == text_of(lariat::error::canceled));
        CHECK(req.outstanding() == 0);

        running next(net.at, ask(req, "next"));
        CHECK(!net.run(reply(*open, "late")));
        net.at.run_until_idle();
        REQUIRE(!next.done());
        net.run(answer(rep, 1));

        CHECK(next.take() == "[next]");
    }
}

TEST_CASE("a request has a deadline, and may be destroyed") {
    sp_net net;
    req_socket req;
    rep_socket rep;
    net.connect(req, rep, way::wire);
    running late(net.at, ask_within(5ms, req, "late"));
    {
        running destroyed(net.at, ask(req, "destroyed"));
        net.at.run_until_idle();
    }
    CHECK(req.outstanding() == 1);

    net.at.advance(5ms);

    CHECK(late.take() == text_of(lariat::error::timed_out));
    CHECK(req.outstanding() == 0);
}

TEST_CASE("a reply to a peer that has gone is dropped, and is a success") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        rep_socket rep;
        std::optional<rep_request> open;
        {
            req_socket req;
            net.connect(req, rep, how);
            running asked(net.at, ask(req, "never mind"));
            net.at.run_until_idle();
            open = net.run(take_request(rep));
        }
        net.at.run_until_idle();

        CHECK(!net.run(reply(*open, "late")));
    }
}

TEST_CASE("closed sockets end requests and replies") {
    sp_net net;
    req_socket req;
    rep_socket rep;
    net.connect(req, rep, way::inproc);
    running asked(net.at, ask(req, "q"));
    running waiting(net.at, take_request(rep));
    running more(net.at, take_request(rep));
    net.at.run_until_idle();
    auto open = waiting.take();

    req.close();
    rep.close();
    net.at.run_until_idle();

    CHECK(asked.take() == text_of(lariat::error::closed));
    CHECK(!more.take().has_value());
    CHECK(net.run(reply(*open, "r")) == lariat::error::closed);
    CHECK(net.run(ask(req, "q")) == text_of(lariat::error::closed));
}

TEST_CASE("a request begins with a number whose first bit is set, a new one each time") {
    sp_net net;
    req_socket req;
    stream_pair wire;
    running joined(net.at, error_of_adopt(req, wire.left(), lariat::sp_mapping::tcp));
    net.run(write_raw(wire.right(), "\0SP\0\0\x31\0\0"sv));
    running first(net.at, ask(req, "hi"));
    running second(net.at, ask(req, "hi"));
    net.at.run_until_idle();

    const std::string bytes = net.run(read_raw(wire.right(), 8 + 2 * 14));

    CHECK(bytes.substr(0, 8) == "\0SP\0\0\x30\0\0"sv);
    for (const std::size_t at : std::initializer_list<std::size_t>{8, 22}) {
        CHECK(bytes.substr(at, 8) == "\0\0\0\0\0\0\0\6"sv);
        CHECK((static_cast<unsigned char>(bytes[at + 8]) & 0x80) != 0);
        CHECK(bytes.substr(at + 12, 2) == "hi");
    }
    CHECK(bytes.substr(16, 4) != bytes.substr(30, 4));
    net.run(write_raw(wire.right(), "\0\0\0\0\0\0\0\6"s + bytes.substr(30, 4) + "r2"));
    net.run(write_raw(wire.right(), "\0\0\0\0\0\0\0\6"s + "\x80\0\0\0xx"s));  // Nobody's.
    net.run(write_raw(wire.right(), "\0\0\0\0\0\0\0\6"s + bytes.substr(16, 4) + "r1"));
    CHECK(first.take() == "r1");
    CHECK(second.take() == "r2");
    CHECK(req.peer_count() == 1);
    net.run(write_raw(wire.right(), "\0\0\0\0\0\0\0\3abc"sv));
    net.at.run_until_idle();
    CHECK(req.peer_count() == 0);  // What is too short for a number is no reply.
}

TEST_CASE("a reply begins with the words that the request has come with") {
    scripted_asker peer;
    peer.say("\0\0\0\7\0\0\1\2\x80\0\0\1question"sv);
    auto asked = peer.net.run(take_request(peer.rep));
    CHECK(asked->what.text() == "question");

    CHECK(!peer.net.run(reply(*asked, "answer")));

    CHECK(peer.net.run(read_raw(peer.wire.right(), 26)) ==
          "\0\0\0\0\0\0\0\x12\0\0\0\7\0\0\1\2\x80\0\0\1answer"sv);
}

TEST_CASE("a request that has come over too many hops is dropped, its peer stays") {
    scripted_asker peer;
    std::string far;
    for (int i = 0; i < 8; ++i) far += "\0\0\0\1"s;
    peer.say(far + "\x80\0\0\1too far"s);
    peer.say(far.substr(4) + "\x80\0\0\2just right"s);

    auto asked = peer.net.run(take_request(peer.rep));

    CHECK(asked->what.text() == "just right");
    CHECK(peer.rep.peer_count() == 1);
}

TEST_CASE("a request that ends before its number does sends its peer away") {
    scripted_asker peer;

    peer.say("\0\0\0\1\0\0"sv);
    peer.net.at.run_until_idle();

    CHECK(peer.rep.peer_count() == 0);
}

TEST_CASE("a request that nobody waits for is dropped by the one that asks too slowly") {
    sp_net net;
    rep_socket rep;
    req_socket req;
    net.connect(rep, req, way::wire);
    lariat::task_scope asking;
    for (int i = 0; i < 500; ++i) asking.spawn(ask_within(1ms, req, "q"));

    net.at.advance(2ms);

    CHECK(asking.size() == 0);
    CHECK(req.outstanding() == 0);
}
