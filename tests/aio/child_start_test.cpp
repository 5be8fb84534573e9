#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/child_process.hpp"
#include "aio/signal_set.hpp"
#include "aio/stream.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/aio/programs.hpp"
#include "tests/dies_with.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using io::child_stream;

static_assert(std::convertible_to<const io::descriptor&, child_stream>);
static_assert(!std::convertible_to<io::descriptor, child_stream>);  // Closed before it is passed.

namespace {

using words = std::vector<std::string>;

/// Of the signals that programs may use: two are the C library's own.
std::uint64_t signals_in(const std::string& status, const std::string& field) {
    const auto at = status.find(field + ":\t");
    REQUIRE(at != status.npos);
    const std::uint64_t own = std::uint64_t{3} << 31;
    return std::stoull(status.substr(at + field.size() + 2), nullptr, 16) & ~own;
}

/// What `ls -v /proc/self/fd` prints in a child: what this process leaves open for it, and the
/// folder.
std::string inherited_descriptors() {
    std::string text;
    bool folder = false;
    for (int number = 0; number < 1024; ++number) {
        const bool stays = ::fcntl(number, F_GETFD) == 0;
        if (!stays && std::exchange(folder, true)) continue;
        text += std::to_string(number) + '\n';
    }
    return text;
}

}  // namespace

TEST_CASE("child_process: environment, directory and arguments are those that were given") {
    auto body = []() -> io::task<> {
        const words environment{"COLOUR=blue", "PATH=/nowhere"}, nothing;
        const std::string_view spaced = "a b";
        const std::string directory = "/proc";

        const auto given = co_await output_of({"env"}, {.environment = environment});
        const auto empty = co_await output_of({"env"}, {.environment = nothing});
        const auto inherited = co_await output_of(shell("echo $PATH"));
        const auto where = co_await output_of({"pwd"}, {.directory = directory});
        const auto arguments = co_await output_of({"printf", "%s|", spaced, "", "*"});

        CHECK(given == "COLOUR=blue\nPATH=/nowhere\n");
        CHECK(empty == "");
        CHECK(inherited == std::string(::getenv("PATH")) + '\n');
        CHECK(where == "/proc\n");
        CHECK(arguments == "a b||*|");
    };

    run_body(body);
}

TEST_CASE("child_process: it starts with no signal blocked, ignored or pending") {
    auto body = []() -> io::task<> {
        auto before = ::signal(SIGHUP, SIG_IGN);
        io::signal_set signals{SIGINT, SIGTERM, SIGUSR1};
        ::raise(SIGUSR1);

        const auto told = co_await output_of({"cat", "/proc/self/status"});
        const auto own = co_await signals.next();

        CHECK(signals_in(told, "SigPnd") == 0);
        CHECK(signals_in(told, "ShdPnd") == 0);
        CHECK(signals_in(told, "SigBlk") == 0);
        CHECK(signals_in(told, "SigIgn") == 0);
        CHECK(*own == SIGUSR1);
        ::signal(SIGHUP, before);
    };

    run_body(body);
}

TEST_CASE("child_process: its streams are a device, a descriptor, or where output goes") {
    auto body = []() -> io::task<> {
        const auto pipe = make_pipe();
        auto child = io::child_process::start(
            shell("cat; echo out; echo err >&2"),
            {.input = child_stream::null_device, .output = pipe.second, .errors = pipe.second});
        const auto end = co_await child->wait();
        const auto both = taken_from(pipe.first);
        auto joined = io::child_process::start(
            shell("echo out; echo err >&2"),
            {.output = child_stream::piped, .errors = child_stream::as_output});
        const auto one = co_await io::read_to_end(joined->output(), 1024);
        const auto dropped = co_await output_of(shell("echo err >&2; readlink /proc/self/fd/2"),
                                                {.errors = child_stream::null_device});

        CHECK(end->success());
        CHECK(both == "out\nerr\n");
        CHECK(text_of(one) == "out\nerr\n");
        CHECK(dropped == "/dev/null\n");
        CHECK_FALSE(joined->input().is_open());
        CHECK_FALSE(joined->errors().is_open());
    };

    run_body(body);
}

TEST_CASE("child_process: it inherits its standard descriptors, and nothing else of this library") {
    auto body = []() -> io::task<> {
        const auto open =
            co_await output_of({"ls", "-v", "/proc/self/fd"},
                               {.input = child_stream::piped, .errors = child_stream::piped});
        CHECK(open == inherited_descriptors());
    };

    run_body(body);
}

TEST_CASE("child_process: standard descriptors may take one another's places, or be missing") {
    const auto end = run_in_child([] {
        auto one = make_pipe();
        auto other = make_pipe();
        ::dup2(one.second.number(), STDOUT_FILENO);
        ::dup2(other.second.number(), STDERR_FILENO);
        ::close(STDIN_FILENO);
        auto body = [&]() -> io::task<> {
            auto swapped = io::child_process::start(shell("cat; echo out; echo err >&2"),
                                                    {.input = child_stream::piped,
                                                     .output = int{STDERR_FILENO},
                                                     .errors = int{STDOUT_FILENO}});
            const auto sent = co_await io::write_all(swapped->input(), "in ");
            swapped->input().close();
            const auto ended = co_await swapped->wait();
            if (!sent || !ended->success()) ::_exit(1);
        };
        run_body(body);
        if (taken_from(one.first) != "err\n") ::_exit(2);
        if (taken_from(other.first) != "in out\n") ::_exit(3);
        if (is_open(STDIN_FILENO)) ::_exit(4);
    });

    CHECK(end.status == 0);
}

TEST_CASE("child_process: what cannot be started is an error, and nothing is left of it") {
    const scratch folder;
    const std::string plain = folder.path() / "plain";
    const std::string closed = folder.path() / "closed";
    (void)made(plain, "no program");
    (void)made(closed);
    ::chmod(plain.c_str(), 0700);
    const std::string missing = folder.path() / "missing";
    const std::string halved("a\0b", 3);
    const auto open_before = open_descriptors();
    const auto why = [](const io::command& program, io::child_options options = {}) {
        options.input = options.errors = child_stream::piped;
        return io::child_process::start(program, options).error();
    };

    CHECK(why({missing}) == std::errc::no_such_file_or_directory);
    CHECK(why({"no-program-of-that-name"}) == std::errc::no_such_file_or_directory);
    CHECK(why({""}) == std::errc::no_such_file_or_directory);
    CHECK(why({closed}) == std::errc::permission_denied);
    CHECK(why({folder.path()}) == std::errc::permission_denied);
    CHECK(why({plain}) == std::errc::executable_format_error);
    CHECK(why({"true"}, {.directory = missing}) == std::errc::no_such_file_or_directory);
    CHECK(why({"true"}, {.directory = closed}) == std::errc::not_a_directory);
    CHECK(why({"true"}, {.directory = halved}) == std::errc::invalid_argument);
    CHECK(why({"true", halved}) == std::errc::invalid_argument);
    CHECK(why({"true", std::string(4'000'000, 'x')}) == std::errc::argument_list_too_long);
    CHECK(why({"true"}, {.output = int{-1}}) == std::errc::bad_file_descriptor);
    CHECK(why({"true"}, {.output = int{1'000'000}}) == std::errc::bad_file_descriptor);
    CHECK(open_descriptors() == open_before);
    CHECK(no_children_left());
}

TEST_CASE("child_process: without a descriptor to spare it is not started, and none is lost") {
    const auto end = run_in_child([] {
        const auto open_before = open_descriptors();
        const io::child_options all{.input = child_stream::piped,
                                    .output = child_stream::piped,
                                    .errors = child_stream::piped};
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        const auto next = static_cast<rlim_t>(::dup(STDIN_FILENO));
        ::close(static_cast<int>(next));
        int refused = 0;
        for (rlim_t more = 0;; ++more) {
            const rlimit lowered{next + more, limit.rlim_max};
            ::setrlimit(RLIMIT_NOFILE, &lowered);
            auto child = io::child_process::start(waits_for_ever, all);
            ::setrlimit(RLIMIT_NOFILE, &limit);
            if (child) break;
            if (child.error() != std::errc::too_many_files_open) ::_exit(1);
            if (open_descriptors() != open_before) ::_exit(2);
            if (!no_children_left()) ::_exit(3);
            ++refused;
        }
        if (refused < 7) ::_exit(4);
        if (!no_children_left() || open_descriptors() != open_before) ::_exit(5);
    });

    CHECK(end.status == 0);
}
