#include "aio/standard_stream.hpp"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/stream/buffered_reader.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<> some_turns() {
    for (int i = 0; i < 10; ++i) std::ignore = co_await io::nop{};
}

/// A file in the place of one of the process's own, for a while.
class stand_in {
  public:
    stand_in(int number, const io::descriptor& file)
        : number_(number), before_(::fcntl(number, F_DUPFD_CLOEXEC, 3)) {
        REQUIRE(::dup2(file.number(), number) == number);
    }
    ~stand_in() {
        if (before_ >= 0) ::dup2(before_, number_);
        ::close(before_ >= 0 ? before_ : number_);
    }

  private:
    int number_;
    int before_;
};

/// A terminal: what its user types and sees, and what a program has.
struct terminal {
    io::descriptor user;
    io::descriptor program;
};

terminal open_terminal() {
    int user = -1;
    int program = -1;
    REQUIRE(::openpty(&user, &program, nullptr, nullptr, nullptr) == 0);
    return {io::descriptor::adopt(user), io::descriptor::adopt(program)};
}

/// Reads lines from standard input until its end. Returns: them, each with a bar behind it.
io::task<std::string> lines_of_input() {
    auto input = io::standard_input();
    REQUIRE(input);
    io::buffered_reader reader(*input);
    std::string all;
    for (;;) {
        const auto line = co_await reader.read_line(1000);
        if (!line) break;
        all.append(*line).append("|");
    }
    co_return all;
}

}  // namespace

TEST_CASE("standard input from a pipe comes line by line, and the process's own stays as it was") {
    auto ends = make_pipe();
    put(ends.second, "one\ntwo\n");
    ends.second = {};
    const stand_in input(STDIN_FILENO, ends.first);
    const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
    auto body = [] { return lines_of_input(); };

    CHECK(run_body(body) == "one|two|");
    CHECK(is_open(STDIN_FILENO));
    CHECK(::fcntl(STDIN_FILENO, F_GETFL) == flags);
    CHECK((flags & O_NONBLOCK) == 0);
}

TEST_CASE("standard input from a file begins at its position, and moves it") {
    const scratch place;
    const auto file = made(place.file(), "read before\none\ntwo\n");
    REQUIRE(::lseek(file.number(), 12, SEEK_SET) == 12);
    const stand_in input(STDIN_FILENO, file);
    auto body = [] { return lines_of_input(); };

    CHECK(run_body(body) == "one|two|");
    CHECK(::lseek(file.number(), 0, SEEK_CUR) == 20);
}

TEST_CASE("a closed copy of standard input leaves the process's own open") {
    auto ends = make_pipe();
    put(ends.second, "first second");
    const stand_in standing(STDIN_FILENO, ends.first);
    std::array<char, 6> buffer{};
    auto body = [&]() -> io::task<> {
        auto input = *io::standard_input();
        auto again = *io::standard_input();
        const auto got = co_await input.receive(buffer);
        input.close();
        const auto closed = co_await input.receive(buffer);
        const auto more = co_await again.receive(buffer);
        CHECK(*got == 6);
        CHECK(closed.error() == io::error::closed);
        CHECK(*more == 6);
    };

    run_body(body);

    CHECK(std::string(buffer.data(), 6) == "second");
    CHECK(is_open(STDIN_FILENO));
}

TEST_CASE("standard output and error go where 1 and 2 go") {
    const auto ends = make_pipe();
    const child_end end = run_in_child([&] {
        ::dup2(ends.second.number(), STDOUT_FILENO);
        auto body = []() -> io::task<int> {
            auto output = *io::standard_output();
            auto error = *io::standard_error();
            const auto said = co_await error.send("to error");
            const auto sent = co_await output.send("to output");
            if (!said) co_return 1;
            co_return sent ? 0 : 1;
        };
        const int status = run_body(body);
        ::_exit(is_open(STDOUT_FILENO) && is_open(STDERR_FILENO) ? status : 2);
    });

    CHECK(WIFEXITED(end.status));
    CHECK(WEXITSTATUS(end.status) == 0);
    CHECK(end.said == "to error");
    CHECK(taken_from(ends.first) == "to output");
}

TEST_CASE("an output whose reader is gone is an error, and the process goes on") {
    const child_end end = run_in_child([] {
        auto ends = make_pipe();
        ::dup2(ends.second.number(), STDOUT_FILENO);
        ends.first = {};
        ::signal(SIGPIPE, SIG_DFL);
        auto body = []() -> io::task<bool> {
            auto output = *io::standard_output();
            const auto sent = co_await output.send("to nobody");
            co_return sent.error() == std::errc::broken_pipe;
        };
        ::_exit(run_body(body) ? 0 : 1);
    });

    CHECK(WIFEXITED(end.status));
    CHECK(WEXITSTATUS(end.status) == 0);
}

TEST_CASE("a process without a standard stream is told so") {
    const child_end end = run_in_child([] {
        ::close(STDIN_FILENO);
        const auto input = io::standard_input();
        ::_exit(input.error() == std::errc::bad_file_descriptor ? 0 : 1);
    });

    CHECK(WIFEXITED(end.status));
    CHECK(WEXITSTATUS(end.status) == 0);
}

TEST_CASE("a terminal gives a line when its user ends it, and its end when he says so") {
    const terminal tty = open_terminal();
    const stand_in input(STDIN_FILENO, tty.program);
    auto body = [&]() -> io::task<std::string> {
        const auto typing = [&]() -> io::task<> {
            for (const char* keys : {"hel", "lo\n", "you\n", "\4"}) {
                put(tty.user, keys);
                co_await some_turns();
            }
        };
        auto both = co_await io::when_all(lines_of_input(), typing());
        co_return std::get<0>(both);
    };

    CHECK(run_body(body) == "hello|you|");
}

TEST_CASE("a read that waits for a terminal's user is given up at once, and takes nothing") {
    const terminal tty = open_terminal();
    const stand_in standing(STDIN_FILENO, tty.program);
    std::array<char, 16> buffer{};
    auto body = [&]() -> io::task<> {
        auto input = *io::standard_input();
        const auto closing = [&]() -> io::task<> {
            co_await some_turns();
            input.close();
        };
        const auto late = co_await io::within(1ms, input.receive(buffer));
        auto race = co_await io::when_any(input.receive(buffer), some_turns());
        put(tty.user, "kept\n");
        const auto kept = co_await input.receive(buffer);
        auto both = co_await io::when_all(input.receive(buffer), closing());

        CHECK(late.error() == io::error::timed_out);
        CHECK(race.get<0>().error() == io::error::canceled);
        CHECK(*kept == 5);
        CHECK(std::get<0>(both).error() == io::error::closed);
    };

    run_body(body);

    CHECK(std::string(buffer.data(), 5) == "kept\n");
    CHECK((::fcntl(tty.program.number(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a terminal shows what is written to it") {
    const terminal tty = open_terminal();
    io::descriptor program = io::descriptor::adopt(::dup(tty.program.number()));
    auto body = [&]() -> io::task<> {
        io::shared_writer screen(std::move(program));
        const auto sent = co_await io::write_all(screen, "shown");
        CHECK(*sent == 5);
    };

    run_body(body);

    CHECK(taken_from(tty.user) == "shown");
}

TEST_CASE("a terminal that shows nothing for now holds up nobody, and what was written counts") {
    auto at = open_terminal();
    io::shared_writer output(std::move(at.program));
    const std::string much(1 << 20, 'x');
    auto body = [&]() -> io::task<> {
        const auto written = co_await io::within(20ms, io::write_all(output, much));
        std::string shown(written.count(), ' ');
        const auto seen = co_await io::read_exactly(at.user, shown);

        CHECK(written.error() == io::error::timed_out);
        CHECK(written.count() < much.size());
        CHECK(seen);
        CHECK(shown == much.substr(0, shown.size()));
    };

    run_body(body);
}
