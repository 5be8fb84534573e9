#include <chrono>
#include <cstdint>
#include <new>
#include <ostream>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include "aio/sp/pair_socket.hpp"
#include "aio/sp/pub_socket.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "aio/sp/sub_socket.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/sp/linked.hpp"
#include "tests/allocations/scarce.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

const std::error_code no_memory = std::make_error_code(std::errc::not_enough_memory);

/// What became of one message.
struct outcome {
    std::string text;  // What has arrived.
    std::error_code why;
};

/// Makes the two one another's peers.
/// Returns: the first error, which the other one may follow from; not_enough_memory before others.
io::task<std::error_code> meet(io::sp_socket& one, io::sp_socket& other, way how,
                               io::testing::stream_pair& wire) {
    if (how == way::inproc) {
        const auto listening = co_await one.listen("inproc://sweep");
        if (!listening) co_return listening.error();
        const auto dialed = co_await other.dial("inproc://sweep");
        co_return dialed.error();
    }
    auto both = co_await io::when_all(one.adopt(lent(wire.left()), io::sp_mapping::tcp),
                                      other.adopt(lent(wire.right()), io::sp_mapping::tcp));
    auto& [here, there] = both;
    co_return here.error() == no_memory || there ? here.error() : there.error();
}

/// What both sides of a conversation do, once they are peers.
template <class From, class To>
io::task<outcome> talk(From& from, To& to) {
    io::message what("the message");
    const auto sent = co_await io::within(60s, from.send(what));
    if (!sent) co_return outcome{{}, sent.error()};
    const auto got = co_await io::within(60s, to.receive());
    if (!got) co_return outcome{{}, got.error()};
    co_return outcome{std::string(got->text()), {}};
}

io::task<io::result<void>> answer(io::rep_socket& by) {
    auto asked = co_await by.receive();
    if (!asked) co_return asked.error();
    auto sent = co_await asked->reply(std::move(asked->what));
    co_return sent;
}

io::task<outcome> talk(io::req_socket& asking, io::rep_socket& answering) {
    auto both = co_await io::when_all(io::within(60s, asking.request(io::message("the message"))),
                                      io::within(60s, answer(answering)));
    auto& [reply, answered] = both;
    if (!answered) co_return outcome{{}, answered.error()};
    if (!reply) co_return outcome{{}, reply.error()};
    co_return outcome{std::string(reply->text()), {}};
}

template <class Socket>
void prepare(Socket& which) {
    if constexpr (std::is_same_v<Socket, io::sub_socket>) which.subscribe("");
}

/// All of it, from the making of the sockets to their end.
template <class From, class To>
io::task<outcome> converse(way how, io::testing::stream_pair& wire) {
    outcome came;
    try {
        To to;
        From from;
        prepare(to);
        came.why = co_await meet(to, from, how, wire);
        io::frame_pool::trim();
        if (!came.why) came = co_await talk(from, to);
        co_await from.stop();
        co_await to.stop();
    } catch (const std::bad_alloc&) {
        came.why = no_memory;
    }
    co_return came;
}

using conversation = io::task<outcome> (*)(way, io::testing::stream_pair&);

/// The same with every allocation in it failing, each in a round of its own.
void expect_arrival_or_error(conversation which, way how) {
    CAPTURE(how);
    std::uint64_t arrived = 0;
    std::uint64_t reported = 0;
    const auto failures = for_each_failure([&](std::uint64_t nth) {
        CAPTURE(nth);
        io::frame_pool::trim();
        const std::int64_t before = counted::alive();
        bool failed = false;
        bool ended = false;
        outcome came;
        {
            io::testing::manual_home at;
            io::testing::stream_pair wire;
            io::testing::running round(at, which(how, wire));

            failed = fails_at(nth, [&] { at.advance(200s); });
            ended = round.done();
            if (ended) came = round.take();
        }
        io::frame_pool::trim();
        const std::int64_t left = counted::alive() - before;

        REQUIRE(ended);
        CHECK(left == 0);
        if (came.why != no_memory) CHECK(came.text == "the message");
        if (came.why) CHECK(came.why.message() == no_memory.message());
        ++(came.why ? reported : arrived);
        return failed;
    });

    CHECK(failures > 15);
    CHECK(arrived > 0);  // The last one, at least.
    CHECK(reported > 1);
}

void expect_arrival_or_error(conversation which) {
    if (!allocations_can_fail()) return;
    expect_arrival_or_error(which, way::inproc);
    expect_arrival_or_error(which, way::wire);
}

}  // namespace

TEST_CASE("without memory, whenever that is, a message of a pair arrives, or somebody is told") {
    expect_arrival_or_error(&converse<io::pair_socket, io::pair_socket>);
}

TEST_CASE("without memory, whenever that is, a message is pulled, or somebody is told") {
    expect_arrival_or_error(&converse<io::push_socket, io::pull_socket>);
}

TEST_CASE("without memory, whenever that is, a subscriber has the news, or somebody is told") {
    expect_arrival_or_error(&converse<io::pub_socket, io::sub_socket>);
}

TEST_CASE("without memory, whenever that is, a request is answered, or somebody is told") {
    expect_arrival_or_error(&converse<io::req_socket, io::rep_socket>);
}
