#include "aio/pipe_stream.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/stream.hpp"
#include "aio/stream/copy.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

static_assert(io::byte_source<io::pipe_reader> && !io::byte_sink<io::pipe_reader>);
static_assert(io::byte_sink<io::pipe_writer> && !io::byte_source<io::pipe_writer>);
static_assert(io::lends_descriptor<io::pipe_reader> && io::lends_descriptor<io::pipe_writer>);

namespace {

constexpr std::size_t more_than_fits = 1024 * 1024;

struct ends {
    io::pipe_reader reader;
    io::pipe_writer writer;
};

ends new_pipe() {
    auto both = make_pipe();
    return {io::pipe_reader(std::move(both.first)), io::pipe_writer(std::move(both.second))};
}

/// Lets the pipe have no room.
io::task<std::size_t> fill(io::pipe_writer& writer) {
    const std::vector<char> bytes(more_than_fits, 'f');
    std::size_t total = 0;
    for (;;) {
        const auto sent = co_await io::within(0s, writer.send(bytes));
        if (!sent) co_return total;
        total += *sent;
    }
}

bool is_pending(int number) {
    sigset_t waiting;
    ::sigpending(&waiting);
    return ::sigismember(&waiting, number) == 1;
}

}  // namespace

TEST_CASE("pipe_writer: more than fits goes through, as the reader makes room") {
    auto body = []() -> io::task<> {
        auto pipe = new_pipe();
        const std::string text(more_than_fits, 'x');
        auto writing = [&]() -> io::task<> {
            const auto sent = co_await io::write_all(pipe.writer, text);
            CHECK(*sent == text.size());
            pipe.writer.close();
        };

        const auto both =
            co_await io::when_all(writing(), io::read_to_end(pipe.reader, more_than_fits));

        CHECK(std::get<1>(both)->size() == text.size());
    };

    run_body(body);
}

TEST_CASE("pipe_writer: a reader that is gone is an error and no signal") {
    auto body = []() -> io::task<> {
        auto pipe = new_pipe();
        pipe.reader.close();

        const auto sent = co_await pipe.writer.send("x");

        CHECK(sent.error() == std::errc::broken_pipe);
    };

    run_body(body);

    CHECK_FALSE(is_pending(SIGPIPE));
}

TEST_CASE("pipe_writer: a SIGPIPE that somebody else has raised stays") {
    auto body = []() -> io::task<> {
        sigset_t one;
        ::sigemptyset(&one);
        ::sigaddset(&one, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &one, nullptr);
        ::raise(SIGPIPE);
        auto pipe = new_pipe();
        pipe.reader.close();

        const auto sent = co_await pipe.writer.send("x");

        CHECK(sent.error() == std::errc::broken_pipe);
        CHECK(is_pending(SIGPIPE));
        const timespec at_once{};
        CHECK(::sigtimedwait(&one, nullptr, &at_once) == SIGPIPE);
        ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    };

    run_body(body);
}

TEST_CASE("pipe_writer: a wait for room ends by its deadline, and has written nothing") {
    auto body = []() -> io::task<> {
        auto pipe = new_pipe();
        const auto inside = co_await fill(pipe.writer);
        std::vector<char> read(inside + 1);

        const auto late = co_await io::within(5ms, pipe.writer.send("late"));
        const auto got = co_await io::read_exactly(pipe.reader, std::span(read).first(inside));
        const auto none = co_await io::within(1ms, pipe.reader.receive(read));

        CHECK(inside > 0);
        CHECK(late.error() == io::error::timed_out);
        CHECK(*got == inside);
        CHECK(none.error() == io::error::timed_out);
    };

    run_body(body);
}

TEST_CASE("pipe_writer: a send of a task that was cancelled writes nothing") {
    auto body = []() -> io::task<> {
        auto pipe = new_pipe();
        std::error_code why;
        auto late = [&]() -> io::task<> {
            (void)co_await io::nop{};
            const auto sent = co_await pipe.writer.send("late");
            why = sent.error();
        };
        io::task_scope scope;
        scope.spawn(late);
        scope.cancel();
        co_await scope.join();
        std::array<char, 8> room;

        const auto none = co_await io::within(1ms, pipe.reader.receive(room));

        CHECK(why == io::error::canceled);
        CHECK(none.error() == io::error::timed_out);
    };

    run_body(body);
}

TEST_CASE("pipe_reader: waits also where somebody who shares the end has set O_NONBLOCK") {
    auto body = []() -> io::task<> {
        auto both = make_pipe();
        const int flags = ::fcntl(both.first.number(), F_GETFL);
        REQUIRE(::fcntl(both.first.number(), F_SETFL, flags | O_NONBLOCK) == 0);
        io::pipe_reader reader(std::move(both.first));
        io::pipe_writer writer(std::move(both.second));
        std::array<char, 8> room;
        auto later = [&]() -> io::task<> {
            for (int i = 0; i < 10; ++i) (void)co_await io::nop{};
            (void)co_await writer.send("data");
        };

        const auto all = co_await io::when_all(reader.receive(room), later());
        const auto none = co_await io::within(1ms, reader.receive(room));

        CHECK(*std::get<0>(all) == 4);
        CHECK(none.error() == io::error::timed_out);
    };

    run_body(body);
}

TEST_CASE("a copy from pipe to pipe moves everything, through this process or past it") {
    for (const bool splices : {false, true}) {
        auto body = [&]() -> io::task<> {
            auto in = new_pipe();
            auto out = new_pipe();
            const std::string text(more_than_fits, 'x');
            auto writing = [&]() -> io::task<> {
                const auto sent = co_await io::write_all(in.writer, text);
                CHECK(*sent == text.size());
                in.writer.close();
            };
            auto copying = [&]() -> io::task<> {
                const auto done = co_await io::copy(in.reader, out.writer, {.splice = splices});
                CHECK(done);
                CHECK(done.count() == text.size());
                out.writer.close();
            };

            const auto all = co_await io::when_all(writing(), copying(),
                                                   io::read_to_end(out.reader, more_than_fits));

            CHECK(std::get<2>(all)->size() == text.size());
        };

        run_body(body);
    }
}

TEST_CASE("a copy from or to an end that is closed ends with closed") {
    auto body = []() -> io::task<> {
        auto pipe = new_pipe();
        io::pipe_reader no_reader;
        io::pipe_writer no_writer;
        (void)co_await pipe.writer.send("x");

        const auto from_none = co_await io::copy(no_reader, pipe.writer, {.splice = true});
        const auto to_none = co_await io::copy(pipe.reader, no_writer, {.splice = true});

        CHECK(from_none.error() == io::error::closed);
        CHECK(from_none.side() == io::copy_side::source);
        CHECK(to_none.error() == io::error::closed);
        CHECK(to_none.side() == io::copy_side::sink);
        CHECK(to_none.rest().size() == 1);
    };

    run_body(body);
}

TEST_CASE("what is pending on an end that is closed ends with closed, and so does what comes") {
    auto body = []() -> io::task<> {
        auto silent = new_pipe();
        auto full = new_pipe();
        (void)co_await fill(full.writer);
        std::array<char, 8> room;
        auto receiving = [&]() -> io::task<io::result<std::size_t>> {
            co_return co_await silent.reader.receive(room);
        };
        auto sending = [&]() -> io::task<io::result<std::size_t>> {
            co_return co_await full.writer.send("x");
        };
        auto closing = [&]() -> io::task<> {
            (void)co_await io::nop{};
            silent.reader.close();
            full.writer.close();
        };

        const auto all = co_await io::when_all(receiving(), sending(), closing());
        const auto received = co_await silent.reader.receive(room);
        const auto sent = co_await full.writer.send("x");

        CHECK(std::get<0>(all).error() == io::error::closed);
        CHECK(std::get<1>(all).error() == io::error::closed);
        CHECK(received.error() == io::error::closed);
        CHECK(sent.error() == io::error::closed);
        CHECK_FALSE(silent.reader.is_open());
        CHECK_FALSE(full.writer.is_open());
    };

    run_body(body);
}

TEST_CASE("ends that are moved and destroyed under their operations end them with closed") {
    auto body = []() -> io::task<> {
        auto silent = std::make_unique<ends>(new_pipe());
        auto full = std::make_unique<ends>(new_pipe());
        (void)co_await fill(full->writer);
        std::array<char, 8> room;
        auto going = [&]() -> io::task<> {
            (void)co_await io::nop{};
            auto moved = std::make_unique<ends>(std::move(*full));
            full.reset();
            moved.reset();
            silent.reset();
        };

        const auto all =
            co_await io::when_all(silent->reader.receive(room), full->writer.send("x"), going());

        CHECK(std::get<0>(all).error() == io::error::closed);
        CHECK(std::get<1>(all).error() == io::error::closed);
    };

    run_body(body);
}

TEST_CASE("a task that waits for a pipe may be destroyed, and the number is free afterwards") {
    auto both = make_pipe();
    const int number = both.second.number();
    auto body = [&]() -> io::task<> {
        auto writer = io::pipe_writer(std::move(both.second));
        (void)co_await fill(writer);
        auto waits = [&]() -> io::task<> { (void)co_await writer.send("x"); };
        {
            io::task_scope scope;
            scope.spawn(waits);
            (void)co_await io::nop{};
        }
        CHECK(is_open(number));
        writer = {};
        CHECK_FALSE(is_open(number));
    };

    run_body(body);
}

TEST_CASE("ends of nothing are closed from the start") {
    auto body = []() -> io::task<> {
        io::pipe_reader reader;
        io::pipe_writer writer;
        std::array<char, 8> room;

        const auto received = co_await reader.receive(room);
        const auto sent = co_await writer.send("x");
        reader.close();
        writer.close();

        CHECK(received.error() == io::error::closed);
        CHECK(sent.error() == io::error::closed);
        CHECK(reader.file().number() == -1);
        CHECK(writer.file().number() == -1);
    };

    run_body(body);
}

TEST_CASE("a writer whose program would die of SIGPIPE goes on") {
    const auto end = run_in_child([] {
        ::signal(SIGPIPE, SIG_DFL);
        auto body = []() -> io::task<bool> {
            auto pipe = new_pipe();
            pipe.reader.close();
            const auto sent = co_await io::write_all(pipe.writer, "x");
            co_return sent.error() == std::errc::broken_pipe;
        };
        if (!run_body(body)) ::_exit(1);
    });

    CHECK(end.status == 0);
}
