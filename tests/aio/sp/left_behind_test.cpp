#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "aio/dial.hpp"
#include "aio/sp/pair_socket.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "aio/transport/by_url.hpp"
#include "runtime/event.hpp"
#include "runtime/when_all.hpp"
#include "tests/aio/sp/asking.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::message;
using lariat::pair_socket;
using lariat::pull_socket;
using lariat::push_socket;
using lariat::rep_socket;
using lariat::req_socket;
using lariat::task;

namespace {

using texts = std::vector<std::string>;

lariat::sp_options holding(std::size_t most) { return {.receive_queue = most}; }

/// A socket comes, sends a message and goes.
void come_and_go(sp_net& net, lariat::sp_socket& to, way how, std::string text) {
    {
        push_socket brief;
        net.connect(to, brief, how);
        CHECK(net.run(send_texts(brief, {std::move(text)})) == 1);
    }
    net.at.run_until_idle();
}

/// Streams within the process, for sockets to listen at.
bool streams_have_a_name() {
    static const bool registered = [] {
        const auto done = lariat::register_transport("leavers", lariat::make_inproc_transport());
        return static_cast<bool>(done);
    }();
    return registered;
}

task<std::string> hear_question(rep_socket& by) {
    auto asked = co_await by.receive();
    co_return asked ? std::string(asked->what.text()) : asked.error().message();
}

/// Takes what it is given only when it is told to.
task<std::string> hear_when_told(pair_socket& by, lariat::event& told) {
    auto both = co_await lariat::when_all(by.receive(), told.wait());
    const auto& got = std::get<0>(both);
    co_return got ? std::string(got->text()) : got.error().message();
}

}  // namespace

TEST_CASE("while what peers left behind fills a queue nobody new is let in within a thread") {
    sp_net net;
    pull_socket pull(holding(3));
    for (const char* const text : {"a", "b", "c"}) come_and_go(net, pull, way::inproc, text);
    CHECK(!net.run(error_of_listen(pull, "inproc://left behind")));
    push_socket next;

    CHECK(net.run(error_of_dial(next, "inproc://left behind")) == std::errc::connection_refused);

    CHECK(net.run(receive_texts(pull, 1)) == texts{"a"});
    CHECK(!net.run(error_of_dial(next, "inproc://left behind")));
    CHECK(net.run(receive_texts(pull, 2)) == texts{"b", "c"});
}

TEST_CASE("while what peers left behind fills a queue no stream is adopted") {
    sp_net net;
    pull_socket pull(holding(3));
    for (const char* const text : {"a", "b", "c"}) come_and_go(net, pull, way::wire, text);
    stream_pair wire;
    const auto mapping = lariat::sp_mapping::tcp;

    CHECK(net.run(error_of_adopt(pull, wire.left(), mapping)) == std::errc::connection_refused);

    CHECK(net.run(receive_texts(pull, 3)) == texts{"a", "b", "c"});
    push_socket push;
    net.connect(pull, push, way::wire);
}

TEST_CASE("what peers left behind is limited in bytes too") {
    sp_net net;
    pull_socket pull;
    come_and_go(net, pull, way::inproc, std::string(600'000, 'a'));
    come_and_go(net, pull, way::inproc, std::string(600'000, 'b'));
    CHECK(!net.run(error_of_listen(pull, "inproc://large")));
    push_socket next;

    CHECK(net.run(error_of_dial(next, "inproc://large")) == std::errc::connection_refused);

    CHECK(net.run(receive_texts(pull, 1)).front().size() == 600'000);
    CHECK(!net.run(error_of_dial(next, "inproc://large")));
}

TEST_CASE("who comes to a listener meanwhile waits, and loses nothing") {
    REQUIRE(streams_have_a_name());
    sp_net net;
    pull_socket pull(holding(2));
    CHECK(!net.run(error_of_listen(pull, "leavers://door")));
    for (const char* const text : {"a", "b"}) {
        {
            push_socket brief;
            CHECK(!net.run(error_of_dial(brief, "leavers://door")));
            CHECK(net.run(send_texts(brief, {text})) == 1);
        }
        net.at.run_until_idle();
    }
    push_socket next;
    running dialed(net.at, error_of_dial(next, "leavers://door"));
    running sent(net.at, send_texts(next, {"c"}));
    net.at.run_until_idle();
    CHECK(!dialed.done());
    CHECK(!sent.done());

    CHECK(net.run(receive_texts(pull, 3)) == texts{"a", "b", "c"});

    CHECK(!dialed.take());
    CHECK(sent.take() == 1);
}

TEST_CASE("a peer that is dialed again and again may leave no more behind than a queue holds") {
    sp_net net;
    pull_socket dials({.receive_queue = 2,
                       .reconnect = {.first = 1ms, .growth = 1, .longest = 1ms, .jitter = 0}});
    CHECK(dials.keep_dialing("inproc://comes back"));
    int came = 0;
    for (int i = 0; i < 10; ++i) {
        push_socket there;
        CHECK(!net.run(error_of_listen(there, "inproc://comes back")));
        net.at.advance(5ms);
        if (there.peer_count() == 0) continue;
        ++came;
        CHECK(net.run(send_texts(there, {"m"})) == 1);
    }

    CHECK(came == 2);
    CHECK(net.run(receive_texts(dials, 2)) == texts{"m", "m"});
}

TEST_CASE("what a requester asked that is gone is not received: nobody can be answered") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        rep_socket rep;
        req_socket stays;
        net.connect(rep, stays, how);
        {
            req_socket goes;
            net.connect(rep, goes, how);
            std::deque<running<std::string>> lost;
            for (int i = 0; i < 5; ++i) lost.emplace_back(net.at, ask(goes, "lost"));
            net.at.run_until_idle();
        }
        running asked(net.at, ask(stays, "answer me"));
        net.at.run_until_idle();

        CHECK(net.run(hear_question(rep)) == "answer me");
    }
}

TEST_CASE("a question that a receiver was promised is its own, although who asked is gone") {
    sp_net net({.resumptions = 1});
    rep_socket rep;
    auto goes = std::make_unique<req_socket>();
    net.connect(rep, *goes, way::inproc);
    running hears(net.at, hear_question(rep));
    net.at.run_until_idle();
    {
        running asked(net.at, ask(*goes, "too late"));
        while (goes->outstanding() == 0) (void)net.at.run_turn();
        REQUIRE(!hears.done());
    }
    goes.reset();

    net.at.run_until_idle();

    CHECK(hears.take() == "too late");
}

TEST_CASE("a pair that never receives is not kept from its next peer by what the last one left") {
    sp_net net;
    pair_socket pair(holding(2));
    for (const char* const text : {"a", "b", "c"}) {
        {
            pair_socket brief;
            net.connect(pair, brief, way::wire);
            CHECK(net.run(send_texts(brief, {text})) == 1);
            net.at.run_until_idle();
        }
        net.at.run_until_idle();
    }
    pair_socket next;

    net.connect(pair, next, way::wire);

    CHECK(net.run(send_texts(pair, {"hello"})) == 1);
    CHECK(net.run(receive_texts(next, 1)) == texts{"hello"});
    CHECK(net.run(send_texts(next, {"d"})) == 1);
    CHECK(net.run(receive_texts(pair, 2)) == texts{"c", "d"});
}

TEST_CASE("what a receiver of a pair was promised is its own, although the next peer has come") {
    sp_net net;
    pair_socket pair(holding(1));
    lariat::event told;
    running hears(net.at, hear_when_told(pair, told));
    {
        pair_socket brief;
        net.connect(pair, brief, way::inproc);
        CHECK(net.run(send_texts(brief, {"for whoever waits"})) == 1);
        net.at.run_until_idle();
    }
    net.at.run_until_idle();
    pair_socket next;

    net.connect(pair, next, way::inproc);
    told.set();
    net.at.run_until_idle();

    CHECK(hears.take() == "for whoever waits");
}

TEST_CASE("closing a socket forgets what peers left behind") {
    sp_net net;
    pull_socket pull(holding(2));
    for (const char* const text : {"a", "b"}) come_and_go(net, pull, way::inproc, text);
    running got(net.at, receive_texts(pull, 2));

    pull.close();
    net.at.run_until_idle();

    CHECK(got.take() == texts{text_of(lariat::error::closed)});
}
