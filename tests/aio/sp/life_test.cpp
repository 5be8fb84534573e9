#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aio/sp/pair_socket.hpp"
#include "aio/sp/pub_socket.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "aio/sp/sub_socket.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::message;
using lariat::task;

namespace {

task<std::error_code> join(lariat::sp_socket& by, way how, memory_stream& end, bool listens) {
    if (how == way::wire) {
        const auto joined = co_await by.adopt(lent(end), lariat::sp_mapping::tcp);
        co_return joined.error();
    }
    if (listens) {
        const auto listening = co_await by.listen("inproc://life");
        co_return listening.error();
    }
    const auto begun = by.keep_dialing("inproc://life");
    co_return begun.error();
}

task<> push_all(way how, memory_stream& end) {
    lariat::push_socket push({.send_queue = 2});
    if (co_await join(push, how, end, true)) co_return;
    for (int i = 0; i < 5; ++i) (void)co_await push.send(message(std::string(40, 'm')));
    (void)co_await push.flush();
    co_await push.stop();
}

task<> pull_all(way how, memory_stream& end) {
    lariat::pull_socket pull({.receive_queue = 2});
    if (co_await join(pull, how, end, false)) co_return;
    for (int i = 0; i < 5; ++i) (void)co_await pull.receive();
    co_await pull.stop();
}

task<> request_all(way how, memory_stream& end) {
    lariat::req_socket req;
    if (co_await join(req, how, end, true)) co_return;
    for (int i = 0; i < 2; ++i) {
        auto both =
            co_await lariat::when_all(req.request(message("one")), req.request(message("two")));
        auto& [one, two] = both;
        if (!one || !two) co_return;
    }
    co_await req.stop();
}

task<> reply_all(way how, memory_stream& end) {
    lariat::rep_socket rep;
    if (co_await join(rep, how, end, false)) co_return;
    for (int i = 0; i < 4; ++i) {
        auto asked = co_await rep.receive();
        if (!asked) co_return;
        (void)co_await asked->reply(std::move(asked->what));
    }
    (void)co_await rep.flush();
    co_await rep.stop();
}

task<> publish_all(way how, memory_stream& end) {
    lariat::pub_socket pub;
    if (co_await join(pub, how, end, true)) co_return;
    (void)co_await pub.wait_for_peers();
    for (int i = 0; i < 5; ++i) (void)co_await pub.send(message("all"));
    (void)co_await pub.flush();
    co_await pub.stop();
}

task<> subscribe_all(way how, memory_stream& end) {
    lariat::sub_socket sub;
    sub.subscribe("a");
    if (co_await join(sub, how, end, false)) co_return;
    for (int i = 0; i < 5; ++i) (void)co_await sub.receive();
    co_await sub.stop();
}

task<> talk(way how, memory_stream& end, bool listens) {
    lariat::pair_socket pair;
    if (co_await join(pair, how, end, listens)) co_return;
    auto both = co_await lariat::when_all(pair.send(message("hello")), pair.receive());
    (void)both;
    co_await pair.stop();
}
task<> talk_first(way how, memory_stream& end) { return talk(how, end, true); }
task<> talk_second(way how, memory_stream& end) { return talk(how, end, false); }

using side = task<> (*)(way, memory_stream&);

constexpr std::pair<side, side> scenarios[] = {
    {&push_all, &pull_all},
    {&request_all, &reply_all},
    {&publish_all, &subscribe_all},
    {&talk_first, &talk_second},
};

/// A scenario that has gone on for so many steps.
struct stage {
    stage(const std::pair<side, side>& which, way how, int steps)
        : at({.resumptions = 1}),
          one(std::in_place, at, which.first(how, wire.left())),
          other(std::in_place, at, which.second(how, wire.right())) {
        while (steps-- > 0 && !over()) {
            if (!at.run_turn()) at.advance(1ms);
        }
    }

    bool over() const { return one->done() && other->done(); }

    /// Lets all that is left end, however long a pause is.
    bool settles() {
        for (int i = 0; i < 100 && !(one->done() && other->done()); ++i) at.advance(1s);
        return one->done() && other->done();
    }

    manual_home at;
    stream_pair wire{64};
    std::optional<running<>> one;
    std::optional<running<>> other;
};

/// Calls `visit(which, how, steps)` for every step of every scenario.
template <class Visit>
void at_every_step(Visit visit) {
    for (const auto& which : scenarios) {
        for (const way how : {way::wire, way::inproc}) {
            CAPTURE(how);
            int steps = 0;
            for (bool over = false; !over; ++steps) {
                CAPTURE(steps);
                REQUIRE(steps < 2000);
                over = stage(which, how, steps).over();
                visit(which, how, steps);
            }
            CHECK(steps > 10);
        }
    }
}

}  // namespace

TEST_CASE("either side of a conversation may be destroyed at any point") {
    at_every_step([](const auto& which, way how, int steps) {
        for (const bool first : {false, true}) {
            stage now(which, how, steps);
            (first ? now.one : now.other).reset();
            now.at.run_until_idle();
        }
    });
}

TEST_CASE("either side of a conversation may be cancelled at any point, and then ends") {
    at_every_step([](const auto& which, way how, int steps) {
        for (const bool first : {false, true}) {
            stage now(which, how, steps);
            auto& ended = first ? now.one : now.other;
            ended->cancel();
            now.at.run_until_idle();
            CHECK(ended->done());
            (first ? now.other : now.one)->cancel();
            CHECK(now.settles());
        }
    });
}

TEST_CASE("a home may stop a conversation at any point") {
    at_every_step([](const auto& which, way how, int steps) {
        stage now(which, how, steps);
        now.at.stop();
        CHECK(now.settles());
    });
}

TEST_CASE("a socket is closed when the coroutine that made it is cancelled") {
    manual_home at;
    auto body = [](std::optional<lariat::pull_socket>& made) -> task<> {
        made.emplace();
        const auto listening = co_await made->listen("inproc://owned");
        CHECK(listening);
        (void)co_await lariat::sleep_for(1h);
        (void)co_await lariat::shield(lariat::within(1s, lariat::sleep_for(1s)));
        made.reset();
    };
    std::optional<lariat::pull_socket> socket;
    running owner(at, body(socket));
    at.run_until_idle();
    running other(at, receive_texts(*socket, 1));
    at.run_until_idle();
    REQUIRE(!other.done());

    owner.cancel();
    at.run_until_idle();

    CHECK(other.take() == std::vector{text_of(lariat::error::closed)});
    CHECK(socket->closed());
    at.advance(1s);
    CHECK(owner.done());
}
