#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "aio/sp/pub_socket.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "aio/sp/sub_socket.hpp"
#include "aio/testing/other_thread.hpp"
#include "tests/aio/sp/asking.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::message;
using lariat::pub_socket;
using lariat::pull_socket;
using lariat::push_socket;
using lariat::rep_request;
using lariat::rep_socket;
using lariat::req_socket;
using lariat::sub_socket;
using lariat::task;

namespace {

using texts = std::vector<std::string>;

texts numbers(int from, int to) {
    texts made;
    for (int i = from; i < to; ++i) made.push_back(std::to_string(i));
    return made;
}

/// A home of this thread and one of another, which runs only when it is told to.
struct two_threads {
    two_threads() {
        elsewhere.run([&] { there.emplace(); });
    }
    ~two_threads() {
        elsewhere.run([&] { there.reset(); });
    }

    template <class Work>
    void run_there(Work work) {
        elsewhere.run(work);
    }

    /// Lets arrive on both sides what they have posted.
    void settle() {
        for (int i = 0; i < 4; ++i) {
            here.at.run_until_idle();
            elsewhere.run([&] { there->at.run_until_idle(); });
        }
        here.at.run_until_idle();
    }

    sp_net here;
    other_thread elsewhere;
    std::optional<sp_net> there;
};

/// A socket that lives on the other thread, with what runs on it.
template <class Socket, class Runs = int>
struct over_there {
    explicit over_there(two_threads& at) : at_(at) {
        at_.run_there([&] { socket.emplace(); });
    }
    ~over_there() { end(); }

    void end() {
        at_.run_there([&] {
            runs.clear();
            socket.reset();
        });
    }

    std::optional<Socket> socket;
    std::deque<Runs> runs;

  private:
    two_threads& at_;
};

}  // namespace

TEST_CASE("a slow subscriber on another thread keeps the newest too") {
    two_threads at;
    sub_socket sub({.receive_queue = 4});
    sub.subscribe("");
    CHECK(!at.here.run(error_of_listen(sub, "inproc://far news")));
    over_there<pub_socket> pub(at);
    std::size_t sent = 0;
    at.run_there([&] {
        (void)at.there->run(error_of_dial(*pub.socket, "inproc://far news"));
        sent = at.there->run(send_texts(*pub.socket, numbers(0, 100)));
    });
    CHECK(sent == 100);

    CHECK(at.here.run(receive_texts(sub, 4)) == numbers(96, 100));
}

TEST_CASE("replies to a thread that is busy are accepted, and are lost with who asked") {
    two_threads at;
    lariat::rep_options options;
    options.receive_queue = 4;
    rep_socket rep(options);
    CHECK(!at.here.run(error_of_listen(rep, "inproc://far questions")));
    over_there<req_socket, running<std::string>> req(at);
    at.run_there([&] {
        (void)at.there->run(error_of_dial(*req.socket, "inproc://far questions"));
        for (int i = 0; i < 8; ++i) req.runs.emplace_back(at.there->at, ask(*req.socket, "q"));
        at.there->at.run_until_idle();
    });
    std::vector<rep_request> open;
    for (int i = 0; i < 8; ++i) {
        at.settle();
        open.push_back(*at.here.run(take_request(rep)));
    }

    for (int i = 0; i < 7; ++i) CHECK(!at.here.run(reply(open[static_cast<std::size_t>(i)], "r")));
    req.end();
    at.settle();

    CHECK(rep.peer_count() == 0);
    CHECK(!at.here.run(reply(open[7], "r")));
}

TEST_CASE("requests of a busy thread are not received while its replies fill its queue") {
    two_threads at;
    lariat::rep_options options;
    options.receive_queue = 2;
    rep_socket rep(options);
    CHECK(!at.here.run(error_of_listen(rep, "inproc://far and busy")));
    over_there<req_socket, running<std::string>> req(at);
    at.run_there([&] {
        (void)at.there->run(error_of_dial(*req.socket, "inproc://far and busy"));
        for (int i = 0; i < 6; ++i) req.runs.emplace_back(at.there->at, ask(*req.socket, "q"));
        at.there->at.run_until_idle();
    });
    std::vector<rep_request> open;
    for (int i = 0; i < 3; ++i) {
        at.settle();
        open.push_back(*at.here.run(take_request(rep)));
    }
    at.settle();
    for (auto& each : open) CHECK(!at.here.run(reply(each, "r")));

    running next(at.here.at, take_request(rep));
    at.here.at.run_until_idle();
    CHECK(!next.done());
    at.settle();

    CHECK(next.take().has_value());
}

TEST_CASE("the end of a peer on another thread is seen while a sender is held up by it") {
    two_threads at;
    over_there<pull_socket> gone(at);
    at.run_there([&] {
        gone.socket.emplace(lariat::sp_options{.receive_queue = 2});
        (void)at.there->run(error_of_listen(*gone.socket, "inproc://far and gone"));
    });
    push_socket push({.send_queue = 1});
    CHECK(!at.here.run(error_of_dial(push, "inproc://far and gone")));
    running sent(at.here.at, send_texts(push, numbers(0, 20)));
    at.settle();
    REQUIRE(!sent.done());

    gone.end();
    at.settle();
    CHECK(push.peer_count() == 0);
    CHECK(!sent.done());
    pull_socket next;
    at.here.connect(push, next, way::inproc);
    at.here.at.run_until_idle();

    CHECK(sent.take() == 20);
    running last(at.here.at, receive_texts(next, 10));
    at.here.at.run_until_idle();
    CHECK(last.take().size() == 10);
}

TEST_CASE("what came from another thread and was left behind keeps others waiting at the door") {
    two_threads at;
    pull_socket pull({.receive_queue = 2});
    CHECK(!at.here.run(error_of_listen(pull, "inproc://far leavers")));
    for (int i = 0; i < 5; ++i) {
        over_there<push_socket> brief(at);
        std::error_code dialed;
        std::size_t sent = 0;
        at.run_there([&] {
            dialed = at.there->run(error_of_dial(*brief.socket, "inproc://far leavers"));
            sent = at.there->run(send_texts(*brief.socket, {std::to_string(i)}));
        });
        CHECK(!dialed);
        CHECK(sent == 1);
        brief.end();
        at.settle();
    }

    CHECK(at.here.run(receive_texts(pull, 5)) == numbers(0, 5));
}

TEST_CASE(
    "of those who come at once from another thread and leave no more is kept than of others") {
    two_threads at;
    pull_socket pull({.receive_queue = 2});
    CHECK(!at.here.run(error_of_listen(pull, "inproc://far burst")));
    over_there<push_socket> last(at);
    std::size_t came = 0;
    at.run_there([&] {
        for (int i = 0; i < 5; ++i) {
            push_socket brief;
            if (at.there->run(error_of_dial(brief, "inproc://far burst"))) return;
            came += at.there->run(send_texts(brief, {std::to_string(i)}));
        }
        if (at.there->run(error_of_dial(*last.socket, "inproc://far burst"))) return;
        came += at.there->run(send_texts(*last.socket, {"5"}));
    });
    REQUIRE(came == 6);

    std::vector<std::size_t> peers;
    for (int i = 0; i < 6; ++i) {
        at.settle();
        peers.push_back(pull.peer_count());
        CHECK(at.here.run(receive_texts(pull, 1)) == numbers(i, i + 1));
    }
    at.settle();

    // Two were left behind at any time; the last one, who stays, came in when one of them was.
    CHECK(peers == std::vector<std::size_t>{0, 0, 0, 0, 1, 1});
}

TEST_CASE("a door at which too many of other threads wait refuses the next") {
    two_threads at;
    pull_socket pull;
    CHECK(!at.here.run(error_of_listen(pull, "inproc://crowd")));
    std::error_code refused;
    int came = 0;
    at.run_there([&] {
        while (!refused && came < 1000) {
            push_socket brief;
            refused = at.there->run(error_of_dial(brief, "inproc://crowd"));
            if (refused) break;
            (void)at.there->run(send_texts(brief, {"m"}));
            ++came;
        }
    });

    CHECK(refused == std::errc::connection_refused);
    CHECK(came == 128);
    CHECK(at.here.run(receive_texts(pull, 128)).back() == "m");
}
