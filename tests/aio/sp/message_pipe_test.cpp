#include "aio/sp/message_pipe.hpp"

#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/sp/wire.hpp"

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using namespace lariat::testing;
using lariat::message;
using lariat::message_pipe;
using lariat::sp_mapping;
using lariat::sp_protocol;
using lariat::task;

namespace {

task<std::string> receive_text(message_pipe& from) {
    auto got = co_await from.receive();
    co_return got ? std::string(got->text()) : got.error().message();
}

task<std::error_code> send_text(message_pipe& to, std::string_view text) {
    message one(text);
    const auto sent = co_await to.send(one);
    co_return sent.error();
}

task<std::error_code> greet(message_pipe& with, sp_protocol own) {
    const auto greeted = co_await with.greet(own);
    co_return greeted.error();
}

/// A pipe whose peer is played by the test, byte by byte.
struct scripted {
    explicit scripted(sp_mapping mapping = sp_mapping::tcp, std::size_t capacity = 4096)
        : wire(capacity), pipe(lent(wire.left()), mapping, 1000) {}

    /// Runs what ends without anybody's help.
    template <class T>
    T run(task<T> body) {
        running done(at, std::move(body));
        at.run_until_idle();
        REQUIRE(done.done());
        return done.take();
    }

    void say(std::string_view bytes) { run(write_raw(wire.right(), bytes)); }
    std::string hear(std::size_t count) { return run(read_raw(wire.right(), count)); }

    manual_home at;
    stream_pair wire;
    message_pipe pipe;
};

struct two_pipes {
    explicit two_pipes(std::size_t capacity = 4096, sp_mapping mapping = sp_mapping::tcp)
        : wire(capacity), left(lent(wire.left()), mapping), right(lent(wire.right()), mapping) {}

    manual_home at;
    stream_pair wire;
    message_pipe left;
    message_pipe right;
};

}  // namespace

TEST_CASE("both sides of a pipe greet before they have heard anything") {
    scripted peer;
    running greeting(peer.at, greet(peer.pipe, sp_protocol::push));
    peer.at.run_until_idle();
    CHECK(peer.hear(8) == "\0SP\0\0\x50\0\0"sv);
    REQUIRE(!greeting.done());

    peer.say("\0SP\0\0\x51\0\0"sv);

    CHECK(!greeting.take());
}

TEST_CASE("a greeting that comes byte by byte is a greeting, and what follows it a message") {
    scripted peer;
    running greeting(peer.at, greet(peer.pipe, sp_protocol::pull));
    const std::string all("\0SP\0\0\x50\0\0\0\0\0\0\0\0\0\2hi", 18);

    for (std::size_t i = 0; i < 8; ++i) {
        REQUIRE(!greeting.done());
        peer.say(std::string_view(all).substr(i, 1));
    }
    CHECK(!greeting.take());
    running got(peer.at, receive_text(peer.pipe));
    for (std::size_t i = 8; i < all.size(); ++i) {
        REQUIRE(!got.done());
        peer.say(std::string_view(all).substr(i, 1));
    }

    CHECK(got.take() == "hi");
}

TEST_CASE("a peer that greets wrongly, or is of another protocol, is cut off") {
    const std::pair<std::string_view, std::errc> greetings[] = {
        {"\0SQ\0\0\x51\0\0"sv, std::errc::protocol_error},
        {"GET / HT"sv, std::errc::protocol_error},
        {"\0SP\0\0\x50\0\0"sv, std::errc::wrong_protocol_type},
    };
    for (const auto& [bytes, expected] : greetings) {
        scripted peer;
        running greeting(peer.at, greet(peer.pipe, sp_protocol::push));

        peer.say(bytes);

        REQUIRE(greeting.done());
        CHECK(greeting.take() == expected);
        CHECK(!peer.pipe.stream().is_open());
    }
}

TEST_CASE("a peer that is silent, or stops in its greeting, is cut off after 10 seconds") {
    for (const std::string_view bytes : {""sv, "\0SP\0\0"sv}) {
        scripted peer;
        running greeting(peer.at, greet(peer.pipe, sp_protocol::push));
        peer.say(bytes);
        peer.at.advance(9'999ms);
        REQUIRE(!greeting.done());

        peer.at.advance(1ms);

        REQUIRE(greeting.done());
        CHECK(greeting.take() == lariat::error::timed_out);
        CHECK(!peer.pipe.stream().is_open());
    }
}

TEST_CASE("a cancelled greeting closes the pipe") {
    scripted peer;
    running greeting(peer.at, greet(peer.pipe, sp_protocol::push));
    peer.at.run_until_idle();

    greeting.cancel();
    peer.at.run_until_idle();

    CHECK(greeting.take() == lariat::error::canceled);
    CHECK(!peer.pipe.stream().is_open());
}

TEST_CASE("messages pass in both directions, in order, whole") {
    for (const sp_mapping mapping : {sp_mapping::tcp, sp_mapping::ipc}) {
        for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{4096}}) {
            two_pipes both(4096, mapping);
            both.wire.limit_steps(step);
            const std::string large(10'000, 'l');
            running sent(both.at, send_text(both.left, large));
            running got(both.at, receive_text(both.right));
            running sent_back(both.at, send_text(both.right, ""));
            running got_back(both.at, receive_text(both.left));

            both.at.run_until_idle();

            CHECK(!sent.take());
            CHECK(got.take() == large);
            CHECK(!sent_back.take());
            CHECK(got_back.take().empty());
        }
    }
}

TEST_CASE("a message that was sent is empty, one that was not is still there") {
    two_pipes both(16);
    auto body = [](message_pipe& to, message& what) -> task<std::error_code> {
        const auto sent = co_await to.send(what);
        co_return sent.error();
    };
    message small("small");
    running sent(both.at, body(both.left, small));
    both.at.run_until_idle();
    CHECK(!sent.take());
    CHECK(small.empty());

    message next("not to be sent");
    running canceled(both.at, body(both.left, next));
    canceled.cancel();
    both.at.run_until_idle();

    CHECK(canceled.take() == lariat::error::canceled);
    CHECK(next.text() == "not to be sent");
    CHECK(both.left.stream().is_open());
}

TEST_CASE("a send that is cancelled before its first byte leaves the pipe as it was") {
    two_pipes both(13);
    running first(both.at, send_text(both.left, "first"));  // Fills the wire.
    both.at.run_until_idle();
    running second(both.at, send_text(both.left, "second"));
    both.at.run_until_idle();
    REQUIRE(!second.done());

    second.cancel();
    both.at.run_until_idle();
    CHECK(second.take() == lariat::error::canceled);
    running got(both.at, receive_text(both.right));
    running third(both.at, send_text(both.left, "third"));
    both.at.run_until_idle();

    CHECK(got.take() == "first");
    CHECK(!third.take());
    running last(both.at, receive_text(both.right));
    both.at.run_until_idle();
    CHECK(last.take() == "third");
}

TEST_CASE("a send that is cancelled after its first byte closes the pipe") {
    two_pipes both(13);
    running torn(both.at, send_text(both.left, "longer than the wire"));
    both.at.run_until_idle();
    REQUIRE(!torn.done());

    torn.cancel();
    both.at.run_until_idle();
    CHECK(torn.take() == lariat::error::canceled);
    running next(both.at, send_text(both.left, "next"));
    running got(both.at, receive_text(both.right));
    both.at.run_until_idle();

    CHECK(next.take() == lariat::error::closed);
    CHECK(got.take() == make_error_code(lariat::error::torn).message());
}

TEST_CASE("a receive that is cancelled within a message goes on with it later") {
    scripted peer;
    const std::string bytes("\0\0\0\0\0\0\0\5hello\0\0\0\0\0\0\0\3abc", 24);
    for (std::size_t cut = 0; cut < 13; ++cut) {
        running first(peer.at, receive_text(peer.pipe));
        peer.say(std::string_view(bytes).substr(0, cut));
        REQUIRE(!first.done());
        first.cancel();
        peer.at.run_until_idle();
        CHECK(first.take() == make_error_code(lariat::error::canceled).message());

        running second(peer.at, receive_text(peer.pipe));
        peer.say(std::string_view(bytes).substr(cut));
        running third(peer.at, receive_text(peer.pipe));
        peer.at.run_until_idle();

        CHECK(second.take() == "hello");
        CHECK(third.take() == "abc");
    }
}

TEST_CASE("a receive may be destroyed within a message, and another goes on with it") {
    scripted peer;
    {
        running first(peer.at, receive_text(peer.pipe));
        peer.say("\0\0\0\0\0\0\0\5hel"sv);
    }

    running second(peer.at, receive_text(peer.pipe));
    peer.say("lo");

    CHECK(second.take() == "hello");
}

TEST_CASE("a send that is destroyed while it waits closes the pipe: no other follows a torn one") {
    two_pipes both(13);
    {
        running torn(both.at, send_text(both.left, "longer than the wire"));
        both.at.run_until_idle();
        REQUIRE(!torn.done());
    }

    running next(both.at, send_text(both.left, "next"));
    running got(both.at, receive_text(both.right));
    both.at.run_until_idle();

    CHECK(next.take() == lariat::error::closed);
    CHECK(got.take() == make_error_code(lariat::error::torn).message());
}

TEST_CASE("a peer that ends between messages is done; one that ends within one closes the pipe") {
    const std::string whole("\0\0\0\0\0\0\0\2hi", 10);
    for (const std::size_t cut : std::initializer_list<std::size_t>{0, 1, 8, 9}) {
        CAPTURE(cut);
        scripted peer;
        peer.say(whole + whole.substr(0, cut));
        peer.wire.right().shutdown_send();

        CHECK(peer.run(receive_text(peer.pipe)) == "hi");
        const auto last = peer.run(receive_text(peer.pipe));

        CHECK(last == make_error_code(cut == 0 ? lariat::error::end_of_stream : lariat::error::torn)
                          .message());
        CHECK(peer.pipe.stream().is_open() == (cut == 0));
    }
}

TEST_CASE("a peer that announces too long a message is cut off, after what came before") {
    scripted peer;
    running first(peer.at, receive_text(peer.pipe));
    peer.say("\0\0\0\0\0\0\0\2ok\0\0\0\0\0\0\x3\xe9"sv);
    CHECK(first.take() == "ok");

    running second(peer.at, receive_text(peer.pipe));
    peer.at.run_until_idle();

    CHECK(second.take() == make_error_code(lariat::error::limit_exceeded).message());
    CHECK(!peer.pipe.stream().is_open());
}

TEST_CASE("a message of the greatest length is received") {
    scripted peer;
    running got(peer.at, receive_text(peer.pipe));
    const std::string body(1000, 'b');

    peer.say("\0\0\0\0\0\0\x3\xe8"sv);
    peer.say(body);

    CHECK(got.take() == body);
}

TEST_CASE("between processes a byte that is not 1 before a length cuts the peer off") {
    scripted peer(sp_mapping::ipc);
    running got(peer.at, receive_text(peer.pipe));

    peer.say("\2");

    CHECK(got.take() == std::make_error_code(std::errc::protocol_error).message());
    CHECK(!peer.pipe.stream().is_open());
}

TEST_CASE("a limit of time on a receive takes nothing from the messages") {
    scripted peer;
    auto body = [](message_pipe& from) -> task<std::error_code> {
        const auto got = co_await lariat::within(5ms, from.receive());
        co_return got.error();
    };
    running late(peer.at, body(peer.pipe));
    peer.say("\0\0\0\0\0\0\0\5he"sv);
    peer.at.advance(5ms);
    CHECK(late.take() == lariat::error::timed_out);

    running got(peer.at, receive_text(peer.pipe));
    peer.say("llo");

    CHECK(got.take() == "hello");
}
