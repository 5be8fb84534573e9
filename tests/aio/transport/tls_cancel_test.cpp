#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <doctest/doctest.h>

#include "aio/transport/tls.hpp"
#include "runtime/within.hpp"
#include "tests/aio/transport/tls_pair.hpp"

// One coroutine is resumed in each turn, so that turns count the points at which it can be met.

namespace io = lariat;
using namespace lariat::testing;
using namespace std::chrono_literals;

namespace {

constexpr io::home_budgets one_at_a_time{.resumptions = 1};

constexpr std::size_t one_receive = 700;

enum class blow { cancel, deadline, destroy };

void run_turns(manual_home& at, int turns) {
    for (int i = 0; i < turns; ++i) at.run_turn();
}

/// A task that is struck at some point, and what it had come to.
template <class T>
class victim {
  public:
    victim(manual_home& at, io::task<T> body) : at_(at) { task_.emplace(at, std::move(body)); }

    bool done() const { return task_->done(); }

    /// Returns: what the task returned; nothing if it was destroyed before that.
    std::optional<T> strike(blow what) {
        if (what == blow::cancel) task_->cancel();
        if (what == blow::deadline) at_.time.advance(1s);
        if (what == blow::destroy && !task_->done()) {
            task_.reset();
            at_.run_until_idle();
            return std::nullopt;
        }
        at_.run_until_idle();
        // It had not begun, and so had not looked at the clock.
        if (what == blow::deadline && !task_->done()) at_.advance(1s);
        REQUIRE(task_->done());
        return task_->take();
    }

  private:
    manual_home& at_;
    std::optional<running<T>> task_;
};

std::error_code error_of(blow what) {
    return make_error_code(what == blow::deadline ? io::error::timed_out : io::error::canceled);
}

/// Calls `round` with more and more turns, until it says that its subject had ended by itself.
void at_every_point(const std::function<bool(blow, int)>& round) {
    for (const blow what : {blow::cancel, blow::deadline, blow::destroy}) {
        int turns = 0;
        while (!round(what, turns)) ++turns;
        MESSAGE("struck at " << turns << " points");
        CHECK(turns > 4);
    }
}

io::task<io::transfer> send_all_soon(memory_tls& to, std::string_view text) {
    const auto sent = co_await io::within(1s, io::write_all(to, text));
    co_return sent;
}

io::task<io::result<void>> end_soon(memory_tls& of) {
    const auto ended = co_await io::within(1s, of.shutdown(io::direction::send));
    co_return ended;
}

/// Receives into what outlives the coroutine, to the end or to an error.
io::task<std::error_code> receive_into(std::string& all, memory_tls& from) {
    char part[one_receive];
    for (;;) {
        const auto got = co_await from.receive(part);
        if (!got) co_return got.error();
        if (*got == 0) co_return std::error_code();
        all.append(part, *got);
    }
}

io::task<std::error_code> receive_soon(std::string& all, memory_tls& from) {
    const auto limited = [&]() -> io::task<io::result<void>> {
        const auto why = co_await receive_into(all, from);
        co_return why;
    };
    const auto got = co_await io::within(1s, limited());
    co_return got.error();
}

io::task<> send_pieces(memory_tls& to, std::string_view text) {
    while (!text.empty()) {
        const auto piece = text.substr(0, 900);
        const auto sent = co_await io::write_all(to, piece);
        if (!sent) co_return;
        text.remove_prefix(piece.size());
    }
    (void)co_await to.shutdown(io::direction::send);
}

std::string letters(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
    return text;
}

}  // namespace

TEST_CASE("a handshake can be ended at every point, by either side") {
    const auto client = client_context();
    const auto server = server_context();
    for (const bool by_client : {true, false}) {
        at_every_point([&](blow what, int turns) {
            manual_home at(one_at_a_time);
            stream_pair below(100);
            const auto connect = [&](io::duration limit) {
                return io::tls_connect(held::plain_stream(below.left()), client,
                                       {.server_name = "server.test", .limit = limit});
            };
            const auto accept = [&](io::duration limit) {
                return accepting(below.right(), server, {.limit = limit});
            };
            victim<made_tls> subject(at, by_client ? connect(1s) : accept(1s));
            running peer(at, by_client ? accept(1h) : connect(1h));
            run_turns(at, turns);
            const bool done_before = subject.done();

            const auto made = subject.strike(what);
            (by_client ? below.left() : below.right()).close();
            at.run_until_idle();

            if (made && !*made) CHECK(made->error() == error_of(what));
            if (done_before) CHECK(made->has_value());
            REQUIRE(peer.done());
            return done_before;
        });
    }
}

TEST_CASE("a send that is ended at any point tears no record, and says what it has taken") {
    const std::string text = letters(100'000);
    const auto client = client_context();
    const auto server = server_context();
    at_every_point([&](blow what, int turns) {
        manual_home at(one_at_a_time);
        stream_pair below(30'000);
        tls_pair pair(at, below, client, server);
        std::string got;
        victim<io::transfer> sends(at, send_all_soon(pair.client, text));
        running receives(at, receive_into(got, pair.server));
        run_turns(at, turns);
        const bool done_before = sends.done();

        const auto sent = sends.strike(what);
        running tail(at, send_text(pair.client, "tail"));
        running ends(at, end_sending(pair.client));
        at.run_until_idle();

        const auto tailed = tail.take();
        if (sent) {
            const bool all = sent->count() == text.size();
            if (!all) CHECK(sent->error() == error_of(what));
            CHECK(*tailed == 4);
            CHECK(ends.take());
            CHECK(!receives.take());
            CHECK((got == text.substr(0, sent->count()) + "tail"));
        } else {
            CHECK(*tailed == 4);
            CHECK(!receives.take());
            CHECK(got.ends_with("tail"));
            CHECK(text.starts_with(got.substr(0, got.size() - 4)));
        }
        return done_before;
    });
}

TEST_CASE("a receive that is ended at any point loses nothing that it has not handed over") {
    const std::string text = letters(20'000);
    const auto client = client_context();
    const auto server = server_context();
    at_every_point([&](blow what, int turns) {
        manual_home at(one_at_a_time);
        stream_pair below(300);
        tls_pair pair(at, below, client, server);
        std::string got;
        running sends(at, send_pieces(pair.client, text));
        victim<std::error_code> receives(at, receive_soon(got, pair.server));
        run_turns(at, turns);
        const bool done_before = receives.done();

        const auto ended = receives.strike(what);
        running rest(at, receive_into(got, pair.server));
        at.run_until_idle();

        if (ended && *ended) CHECK(*ended == error_of(what));
        CHECK(!rest.take());
        // What had been handed to a coroutine before it was destroyed has gone with it.
        if (ended)
            CHECK((got == text));
        else
            CHECK(got.size() + one_receive >= text.size());
        return done_before;
    });
}

TEST_CASE("close_notify that is ended at any point is said whole, later or at once") {
    const auto client = client_context();
    const auto server = server_context();
    at_every_point([&](blow what, int turns) {
        manual_home at(one_at_a_time);
        stream_pair below(10);
        tls_pair pair(at, below, client, server);
        std::string got;
        victim<io::result<void>> ends(at, end_soon(pair.client));
        running receives(at, receive_into(got, pair.server));
        run_turns(at, turns);
        const bool done_before = ends.done();

        (void)ends.strike(what);
        running again(at, end_sending(pair.client));
        at.run_until_idle();

        CHECK(again.take());
        CHECK(!receives.take());
        return done_before;
    });
}

TEST_CASE("a send that was cancelled goes on by itself") {
    manual_home at;
    stream_pair below(100);
    tls_pair pair(at, below);
    const std::string request = letters(1000);
    running sends(at, send_text(pair.client, request));
    at.run_until_idle();
    sends.cancel();
    at.run_until_idle();
    const auto sent = sends.take();
    REQUIRE(sent.error() == io::error::canceled);
    REQUIRE(sent.count() == 1000);

    running answer(at, receive_text(pair.client));
    running asked(at, receive_text(pair.server));
    at.run_until_idle();
    running answers(at, send_text(pair.server, "answer"));
    at.run_until_idle();

    CHECK(asked.take().value() == request);
    CHECK(*answers.take() == 6);
    CHECK(answer.take().value() == "answer");
}

TEST_CASE("what one direction is ended by does not reach the other") {
    manual_home at;
    stream_pair below(1000);
    tls_pair pair(at, below);
    const std::string much = letters(50'000);
    std::string got;
    running sends(at, send_all(pair.client, much));
    running reads(at, receive_text(pair.client));
    at.run_until_idle();

    reads.cancel();
    running receives(at, receive_into(got, pair.server));
    at.run_until_idle();

    CHECK(reads.take().error() == io::error::canceled);
    CHECK(*sends.take() == much.size());
    CHECK((got == much));
}

TEST_CASE("a task that was cancelled starts neither a receive nor a send of TLS") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    running sent(at, send_text(pair.client, "abcdef"));
    running first(at, receive_text(pair.server, 3));
    at.run_until_idle();

    running late_receive(at, receive_text(pair.server, 3));
    running late_send(at, send_text(pair.server, "x"));
    late_receive.cancel();
    late_send.cancel();
    at.run_until_idle();
    running rest(at, receive_text(pair.server, 3));
    at.run_until_idle();

    CHECK(late_receive.take().error() == io::error::canceled);
    CHECK(late_send.take().error() == io::error::canceled);
    CHECK(rest.take().value() == "def");
}

TEST_CASE("a receive of TLS with a zero timeout takes what is there, and otherwise times out") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    const auto try_once = [](memory_tls& from) -> io::task<io::result<std::string>> {
        std::string text(3, '\0');
        const auto got = co_await io::within(0s, from.receive(text));
        if (!got) co_return got.error();
        text.resize(*got);
        co_return text;
    };
    running nothing(at, try_once(pair.server));
    at.run_until_idle();
    running sent(at, send_text(pair.client, "abcdef"));
    at.run_until_idle();

    running sealed(at, try_once(pair.server));
    at.run_until_idle();
    running open(at, try_once(pair.server));
    at.run_until_idle();
    running no_more(at, try_once(pair.server));
    at.run_until_idle();

    CHECK(nothing.take().error() == io::error::timed_out);
    CHECK(sealed.take().value() == "abc");
    CHECK(open.take().value() == "def");
    CHECK(no_more.take().error() == io::error::timed_out);
}
