#include "aio/stream/relay.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "aio/testing/stream_pair.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using io::testing::running;
using namespace std::chrono_literals;

namespace {

/// A client and a server, each with a relay between them.
struct relay_between {
    explicit relay_between(std::size_t capacity = 64) : front(capacity), back(capacity) {}

    io::testing::manual_home at;
    io::testing::stream_pair front;
    io::testing::stream_pair back;
    std::string heard_by_client;
    std::string heard_by_server;

    io::testing::memory_stream& client() { return front.left(); }
    io::testing::memory_stream& server() { return back.right(); }
    auto relaying() { return io::relay(front.right(), back.left(), {.size = 4}); }

    void send(io::testing::memory_stream& from, std::string_view text) {
        running sent(at, send_all(from, text));
        at.run_until_idle();
        REQUIRE(sent.done());
    }

    /// What has arrived at either end by now.
    void hear() {
        running first(at, receive_ready(client(), heard_by_client));
        running second(at, receive_ready(server(), heard_by_server));
        at.run_until_idle();
    }

    /// Whether a receive of that end tells that no more comes.
    bool at_its_end(io::testing::memory_stream& where) {
        std::array<char, 1> byte{};
        const auto receive = [&]() -> io::task<io::result<std::size_t>> {
            co_return co_await io::within(0s, where.receive(byte));
        };
        running got(at, receive());
        at.run_until_idle();
        const auto count = got.take();
        return count && *count == 0;
    }

  private:
    static io::task<> send_all(io::testing::memory_stream& to, std::string_view text) {
        const auto sent = co_await io::write_all(to, text);
        CHECK(sent);
    }
    static io::task<> receive_ready(io::testing::memory_stream& from, std::string& into) {
        std::array<char, 16> part{};
        for (;;) {
            const auto got = co_await io::within(0s, from.receive(part));
            if (!got || *got == 0) co_return;
            into.append(part.data(), *got);
        }
    }
};

}  // namespace

TEST_CASE("a relay passes on both ways, and ends when both have ended") {
    relay_between ends;
    running relaying(ends.at, ends.relaying());

    ends.send(ends.client(), "question");
    ends.send(ends.server(), "an answer");
    ends.hear();
    ends.client().shutdown_send();
    ends.at.run_until_idle();
    REQUIRE(!relaying.done());
    ends.server().shutdown_send();
    ends.at.run_until_idle();

    const io::relayed outcome = relaying.take();
    REQUIRE(outcome);
    CHECK(*outcome.forward == 8);
    CHECK(*outcome.backward == 9);
    CHECK(ends.heard_by_server == "question");
    CHECK(ends.heard_by_client == "an answer");
}

TEST_CASE("the end of one side is the end of the other's receives, and the way back goes on") {
    relay_between ends;
    running relaying(ends.at, ends.relaying());

    ends.send(ends.client(), "all I have to say");
    ends.client().shutdown_send();
    ends.hear();
    CHECK(ends.at_its_end(ends.server()));
    CHECK(!ends.at_its_end(ends.client()));
    ends.send(ends.server(), "a late answer");
    ends.server().shutdown_send();
    ends.hear();

    CHECK(relaying.take());
    CHECK(ends.at_its_end(ends.client()));
    CHECK(ends.heard_by_server == "all I have to say");
    CHECK(ends.heard_by_client == "a late answer");
}

TEST_CASE("an error of one direction cancels the other, and says whose it was") {
    relay_between ends;
    running relaying(ends.at, ends.relaying());
    ends.at.run_until_idle();

    ends.server().close();
    ends.send(ends.client(), "to nobody");

    const io::relayed outcome = relaying.take();
    CHECK(outcome.error() == std::errc::broken_pipe);
    CHECK(outcome.forward.error() == std::errc::broken_pipe);
    CHECK(outcome.forward.side() == io::copy_side::sink);
    CHECK(outcome.forward.rest().size() == 4);
    CHECK(outcome.backward);
    CHECK(*outcome.backward == 0);
}

TEST_CASE("an error on the way back cancels the way forward") {
    relay_between ends;
    running relaying(ends.at, ends.relaying());
    ends.at.run_until_idle();

    ends.back.left().close();
    ends.at.run_until_idle();

    const io::relayed outcome = relaying.take();
    CHECK(outcome.error() == io::error::closed);
    CHECK(outcome.backward.error() == io::error::closed);
    CHECK(outcome.backward.side() == io::copy_side::source);
    CHECK(outcome.forward.error() == io::error::canceled);
    CHECK(outcome.forward.side() == io::copy_side::source);
}

TEST_CASE("given up with both ways full, no byte of either is lost") {
    for (const bool by_deadline : {false, true}) {
        for (std::size_t size = 0; size < 40; ++size) {
            relay_between ends(8);
            std::string text(size, '\0');
            std::generate(text.begin(), text.end(), [n = 'a']() mutable { return n++; });
            const auto limited = [&]() -> io::task<io::relayed> {
                co_return co_await io::within(5ms, ends.relaying());
            };
            running relaying(ends.at, limited());
            running forward(ends.at, io::write_all(ends.client(), text));
            running backward(ends.at, io::write_all(ends.server(), text));
            ends.at.run_until_idle();

            if (!by_deadline) relaying.cancel();
            ends.at.advance(5ms);
            const io::relayed outcome = relaying.take();
            forward.cancel();
            backward.cancel();
            ends.at.run_until_idle();
            ends.hear();

            const auto still = [&](std::size_t sent, const io::copied& way) {
                return sent - way.count() - way.rest().size();
            };
            CHECK(outcome.error() == (by_deadline ? io::error::timed_out : io::error::canceled));
            const std::size_t sent = forward.take().count();
            const std::size_t sent_back = backward.take().count();
            CHECK(ends.heard_by_server.size() == outcome.forward.count());
            CHECK(ends.heard_by_client.size() == outcome.backward.count());
            CHECK(text.starts_with(ends.heard_by_server));
            CHECK(still(sent, outcome.forward) + still(sent_back, outcome.backward) ==
                  ends.front.on_their_way() + ends.back.on_their_way());
            const auto rest = outcome.forward.rest();
            CHECK(std::equal(
                rest.begin(), rest.end(),
                reinterpret_cast<const std::byte*>(text.data()) + outcome.forward.count()));
        }
    }
}

TEST_CASE("a relay that is destroyed as it waits lets go of both streams") {
    for (const std::string_view text : {"", "abc", "more than both have room for"}) {
        relay_between ends(4);
        running sending(ends.at, io::write_all(ends.client(), text));
        {
            running relaying(ends.at, ends.relaying());
            ends.at.run_until_idle();
            REQUIRE(!relaying.done());
        }

        ends.hear();

        CHECK(text.starts_with(ends.heard_by_server));
    }
}

TEST_CASE("bytes pass intact whatever the steps and the room") {
    std::string text;
    for (int i = 0; i < 300; ++i) text += static_cast<char>('a' + i % 23);
    for (const std::size_t capacity : {1U, 3U, 64U}) {
        for (const std::size_t step : {1U, 2U, 1000U}) {
            relay_between ends(capacity);
            ends.front.limit_steps(step);
            ends.back.limit_steps(step);
            std::string heard(text.size(), '\0');
            std::string heard_back(text.size(), '\0');
            running relaying(ends.at, ends.relaying());
            running forward(ends.at, io::write_all(ends.client(), text));
            running backward(ends.at, io::write_all(ends.server(), text));
            running there(ends.at, io::read_exactly(ends.server(), heard));
            running here(ends.at, io::read_exactly(ends.client(), heard_back));
            ends.at.run_until_idle();

            CHECK(forward.take());
            CHECK(backward.take());
            CHECK(there.take());
            CHECK(here.take());
            CHECK(heard == text);
            CHECK(heard_back == text);
            relaying.cancel();
            ends.at.run_until_idle();
        }
    }
}
