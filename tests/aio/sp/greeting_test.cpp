#include <unistd.h>

#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <doctest/doctest.h>

#include "aio/dial.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/stream.hpp"
#include "aio/transport/by_url.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::pull_socket;
using lariat::push_socket;
using lariat::task;

namespace {

/// Connects, is silent, and waits for the end of it. Returns: what ended it.
task<std::error_code> be_silent(std::string url) {
    auto stream = co_await lariat::dial(std::string_view(url));
    if (!stream) co_return stream.error();
    std::string greeting(8, '\0');
    const auto heard = co_await lariat::read_exactly(*stream, greeting);
    if (!heard) co_return heard.error();
    const auto end = co_await stream->receive(greeting);
    if (!end) co_return end.error();
    co_return end.count() == 0 ? std::error_code() : std::make_error_code(std::errc::bad_message);
}

/// Lets one in and is silent until that one has gone.
task<std::error_code> listen_in_silence(lariat::any_listener& door) {
    auto stream = co_await door.accept();
    if (!stream) co_return stream.error();
    std::string greeting(8, '\0');
    const auto heard = co_await lariat::read_exactly(*stream, greeting);
    if (!heard) co_return heard.error();
    const auto end = co_await stream->receive(greeting);
    co_return end.error();
}

/// Where streams of bytes are found, and by what name message sockets know that; none: it is the
/// same.
struct place {
    std::string bytes;
    std::string messages;
};

task<std::error_code> dial_who_is_silent(place where, lariat::sp_options options) {
    auto door = co_await lariat::listen_at(std::string_view(where.bytes));
    if (!door) co_return door.error();
    push_socket push(options);
    std::string name = where.messages.empty() ? door->url() : where.messages;
    auto both = co_await lariat::when_all(push.dial(std::move(name)), listen_in_silence(*door));
    auto& [dialed, heard] = both;
    const auto peers = push.peer_count();
    co_await push.stop();
    if (heard || peers != 0) co_return std::make_error_code(std::errc::bad_message);
    co_return dialed.error();
}

task<std::error_code> listen_to_silence(place where, lariat::sp_options options) {
    pull_socket pull(options);
    const auto listening =
        co_await pull.listen(where.messages.empty() ? where.bytes : where.messages);
    if (!listening) co_return listening.error();
    auto ended = co_await be_silent(where.messages.empty() ? *listening : where.bytes);
    if (pull.peer_count() != 0) ended = std::make_error_code(std::errc::bad_message);
    co_await pull.stop();
    co_return ended;
}

/// Streams without a kernel, by a name of their own.
struct silent_world {
    silent_world() {
        REQUIRE(lariat::register_transport("silent", lariat::make_inproc_transport()));
    }
};
place without_kernel() {
    static const silent_world world;
    return {"silent://door", "silent://door"};
}

}  // namespace

TEST_CASE("who connects to a listening socket and is silent is sent away after 10 seconds") {
    const place where = without_kernel();
    manual_home at;
    running ended(at, listen_to_silence(where, {}));

    at.advance(10s - 1ms);
    CHECK(!ended.done());
    at.advance(1ms);

    REQUIRE(ended.done());
    CHECK(!ended.take());
}

TEST_CASE("a dial of who is silent fails after 10 seconds") {
    const place where = without_kernel();
    manual_home at;
    running ended(at, dial_who_is_silent(where, {}));

    at.advance(10s - 1ms);
    CHECK(!ended.done());
    at.advance(1ms);

    REQUIRE(ended.done());
    CHECK(ended.take() == lariat::error::timed_out);
}

TEST_CASE("who is silent over TCP or a Unix socket is sent away at the limit, on either side") {
    const std::string name = "lariat-silent-" + std::to_string(::getpid());
    lariat::sp_options brief;
    brief.greeting_limit = 20ms;
    for (const place& where :
         {place{"tcp://127.0.0.1:0", {}}, place{"unix:@" + name, "abstract://" + name}}) {
        CAPTURE(where.bytes);

        CHECK(!lariat::run(listen_to_silence(where, brief)));
        CHECK(lariat::run(dial_who_is_silent(where, brief)) == lariat::error::timed_out);
    }
}
