#include <map>
#include <string>
#include <vector>

#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "runtime/within.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::message;
using lariat::pull_socket;
using lariat::push_socket;
using lariat::task;

namespace {

using texts = std::vector<std::string>;

texts numbers(int from, int to) {
    texts made;
    for (int i = from; i < to; ++i) made.push_back(std::to_string(i));
    return made;
}

lariat::sp_options queues(std::size_t sent, std::size_t received) {
    return {.send_queue = sent, .receive_queue = received};
}

}  // namespace

TEST_CASE("what is pushed is pulled, in order") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        push_socket push;
        pull_socket pull;
        net.connect(push, pull, how);
        running sent(net.at, send_texts(push, numbers(0, 1000)));
        running got(net.at, receive_texts(pull, 1000));

        net.at.run_until_idle();

        CHECK(sent.take() == 1000);
        CHECK(got.take() == numbers(0, 1000));
    }
}

TEST_CASE("a push waits for a peer, and the message is its first") {
    for (const way how : {way::wire, way::inproc}) {
        sp_net net;
        push_socket push;
        pull_socket pull;
        running sent(net.at, send_texts(push, {"one", "two"}));
        net.at.run_until_idle();
        REQUIRE(!sent.done());

        net.connect(pull, push, how);
        running got(net.at, receive_texts(pull, 2));
        net.at.run_until_idle();

        CHECK(sent.take() == 2);
        CHECK(got.take() == texts{"one", "two"});
    }
}

TEST_CASE("a push that is cancelled while it waits leaves the message where it was") {
    sp_net net;
    push_socket push;
    message one("one");
    auto body = [](push_socket& by, message& what) -> task<std::error_code> {
        const auto sent = co_await by.send(what);
        co_return sent.error();
    };
    running waiting(net.at, body(push, one));
    net.at.run_until_idle();

    waiting.cancel();
    net.at.run_until_idle();

    CHECK(waiting.take() == lariat::error::canceled);
    CHECK(one.text() == "one");
}

TEST_CASE("a push may be destroyed while it waits") {
    sp_net net;
    push_socket push;
    pull_socket pull;
    {
        running waiting(net.at, send_texts(push, {"never sent"}));
        net.at.run_until_idle();
    }

    net.connect(push, pull, way::inproc);
    running got(net.at, receive_texts(pull, 1));
    net.at.run_until_idle();

    CHECK(!got.done());
}

TEST_CASE("pushes go to the peers in turn") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        push_socket push;
        pull_socket pulls[3];
        for (auto& each : pulls) net.connect(push, each, how);
        for (const auto& each : numbers(0, 9)) CHECK(net.run(send_texts(push, {each})) == 1);

        CHECK(net.run(receive_texts(pulls[0], 3)) == texts{"0", "3", "6"});
        CHECK(net.run(receive_texts(pulls[1], 3)) == texts{"1", "4", "7"});
        CHECK(net.run(receive_texts(pulls[2], 3)) == texts{"2", "5", "8"});
    }
}

TEST_CASE("a burst of pushes is shared out among the peers that are ready") {
    sp_net net;
    push_socket push;
    pull_socket pulls[2];
    for (auto& each : pulls) net.connect(push, each, way::wire);

    CHECK(net.run(send_texts(push, numbers(0, 100))) == 100);

    CHECK(net.run(receive_texts(pulls[0], 25)).size() == 25);
    CHECK(net.run(receive_texts(pulls[1], 25)).size() == 25);
}

TEST_CASE("queues that are full hold a push up until something is pulled") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        push_socket push(queues(4, 2));
        pull_socket pull(queues(4, 2));
        net.connect(push, pull, how, 64);
        running sent(net.at, send_texts(push, numbers(0, 100)));
        net.at.run_until_idle();
        REQUIRE(!sent.done());

        CHECK(net.run(receive_texts(pull, 100)) == numbers(0, 100));

        CHECK(sent.take() == 100);
    }
}

TEST_CASE("a slow peer does not hold up the others") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        push_socket push(queues(1, 1));
        pull_socket slow(queues(1, 1));
        pull_socket quick(queues(1, 1));
        net.connect(push, slow, how, 64);
        net.connect(push, quick, how, 64);
        running sent(net.at, send_texts(push, numbers(0, 100)));
        running got(net.at, receive_texts(quick, 80));

        net.at.run_until_idle();

        CHECK(got.done());
    }
}

TEST_CASE("a pull hears every peer in turn, however much one of them sends") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        pull_socket pull;
        push_socket loud;
        push_socket quiet;
        net.connect(pull, loud, how);
        net.connect(pull, quiet, how);
        CHECK(net.run(send_texts(loud, numbers(0, 50))) == 50);
        CHECK(net.run(send_texts(quiet, {"a", "b"})) == 2);

        CHECK(net.run(receive_texts(pull, 6)) == texts{"0", "a", "1", "b", "2", "3"});
    }
}

TEST_CASE("a pull that is cancelled took nothing") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        pull_socket pull;
        push_socket push;
        net.connect(pull, push, how);
        running canceled(net.at, receive_texts(pull, 1));
        net.at.run_until_idle();
        canceled.cancel();
        net.at.run_until_idle();
        CHECK(canceled.take() == texts{text_of(lariat::error::canceled)});
        CHECK(net.run(send_texts(push, {"one"})) == 1);

        CHECK(net.run(receive_texts(pull, 1)) == texts{"one"});
    }
}

TEST_CASE("a pull that is destroyed before its turn leaves its message to the next") {
    sp_net net({.resumptions = 1});
    pull_socket pull;
    push_socket push;
    net.connect(pull, push, way::inproc);
    running second(net.at, receive_texts(pull, 1));
    {
        running first(net.at, receive_texts(pull, 1));
        net.at.run_until_idle();
        running sent(net.at, send_texts(push, {"one"}));
        while (!sent.done()) (void)net.at.run_turn();
        REQUIRE(!second.done());
    }

    net.at.run_until_idle();

    CHECK(second.take() == texts{"one"});
}

TEST_CASE("what a peer sent before it went is pulled still") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        pull_socket pull;
        {
            push_socket push;
            net.connect(pull, push, how);
            CHECK(net.run(send_texts(push, numbers(0, 10))) == 10);
        }
        net.at.run_until_idle();
        CHECK(pull.peer_count() == 0);

        CHECK(net.run(receive_texts(pull, 10)) == numbers(0, 10));
    }
}

TEST_CASE("what waits for a peer that is lost goes to another") {
    sp_net net;
    push_socket push(queues(8, 1));
    {
        pull_socket lost(queues(1, 1));
        net.connect(push, lost, way::wire, 9);
        CHECK(net.run(send_texts(push, {"kept"})) == 1);
        CHECK(net.run(send_texts(push, {"torn"})) == 1);  // No frame fits into the wire.
        CHECK(net.run(send_texts(push, {"one", "two"})) == 2);
    }
    net.at.run_until_idle();
    REQUIRE(push.peer_count() == 0);
    pull_socket other;

    net.connect(push, other, way::wire);

    CHECK(net.run(receive_texts(other, 2)) == texts{"one", "two"});
}

TEST_CASE("a closed socket ends what waits, and refuses what comes") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        push_socket push(queues(1, 1));
        pull_socket pull(queues(1, 1));
        net.connect(push, pull, how, 16);
        running sent(net.at, send_texts(push, numbers(0, 100)));
        net.at.run_until_idle();
        REQUIRE(!sent.done());

        push.close();
        push.close();
        net.at.run_until_idle();
        CHECK(sent.take() < 100);
        CHECK(net.run(send_texts(push, {"late"})) == 0);
        pull.close();

        CHECK(net.run(receive_texts(pull, 1)) == texts{text_of(lariat::error::closed)});
        CHECK(net.run(error_of_dial(push, "inproc://nowhere")) == lariat::error::closed);
        CHECK(net.run(error_of_listen(push, "inproc://nowhere")) == lariat::error::closed);
    }
}

TEST_CASE("flush waits until all that was accepted is in the hands of the transport") {
    sp_net net;
    push_socket push;
    pull_socket pull(queues(1, 1));
    net.connect(push, pull, way::wire, 64);
    CHECK(net.run(send_texts(push, numbers(0, 50))) == 50);
    auto flush = [](push_socket& by) -> task<std::error_code> {
        const auto done = co_await by.flush();
        co_return done.error();
    };
    running flushed(net.at, flush(push));
    net.at.run_until_idle();
    REQUIRE(!flushed.done());

    CHECK(net.run(receive_texts(pull, 50)) == numbers(0, 50));

    CHECK(!flushed.take());
    CHECK(!net.run(flush(push)));
    push.close();
}

TEST_CASE("messages of every size pass, small ones beside large ones") {
    for (const way how : {way::wire, way::inproc}) {
        sp_net net;
        push_socket push;
        pull_socket pull;
        net.connect(push, pull, how);
        texts all;
        for (std::size_t size = 0; size < 300'000; size = size * 2 + 1)
            all.insert(all.end(), {std::string(size, 'x'), "small"});
        running sent(net.at, send_texts(push, all));
        running got(net.at, receive_texts(pull, all.size()));

        net.at.run_until_idle();

        CHECK(got.take() == all);
    }
}
