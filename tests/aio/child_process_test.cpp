#include "aio/child_process.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/stream.hpp"
#include "runtime/offload.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/programs.hpp"
#include "tests/dies_with.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using io::child_stream;

namespace {

io::task<> wait_into(io::child_process& child, std::vector<io::result<io::process_end>>& ends) {
    ends.push_back(co_await child.wait());
}

}  // namespace

TEST_CASE("child_process: it yields the status of a program, or the signal that ended it") {
    auto body = []() -> io::task<> {
        auto fine = io::child_process::start({"true"});
        auto failing = io::child_process::start(shell("exit 42"));
        auto killed = io::child_process::start(shell("kill -TERM $$"));

        const auto of_fine = co_await fine->wait();
        const auto of_failing = co_await failing->wait();
        const auto of_killed = co_await killed->wait();
        const auto again = co_await killed->wait();

        CHECK(of_fine->success());
        CHECK(*of_failing == io::process_end::exited(42));
        CHECK(of_failing->status() == 42);
        CHECK_FALSE(of_failing->success());
        CHECK(*of_killed == io::process_end::killed(SIGTERM));
        CHECK_FALSE(of_killed->status());
        CHECK(of_killed->signal() == SIGTERM);
        CHECK(*again == *of_killed);
        CHECK(io::to_string(*of_failing) == "status 42");
        CHECK(io::to_string(*of_killed) == "signal 15");
    };

    run_body(body);

    CHECK(no_children_left());
}

TEST_CASE("child_process: what is written to its input comes out of its output") {
    auto body = []() -> io::task<> {
        auto child =
            io::child_process::start(shell("read line; echo got $line; echo and an error >&2; cat"),
                                     {.input = child_stream::piped,
                                      .output = child_stream::piped,
                                      .errors = child_stream::piped});
        std::string first(9, '\0');

        const auto sent = co_await io::write_all(child->input(), "four\n");
        const auto got = co_await io::read_exactly(child->output(), first);
        const auto more = co_await io::write_all(child->input(), "the rest");
        child->input().close();
        const auto rest = co_await io::read_to_end(child->output(), 1024);
        const auto errors = co_await io::read_to_end(child->errors(), 1024);
        const auto end = co_await child->wait();

        CHECK(sent);
        CHECK(got);
        CHECK(more);
        CHECK(first == "got four\n");
        CHECK(text_of(rest) == "the rest");
        CHECK(text_of(errors) == "and an error\n");
        CHECK(end->success());
    };

    run_body(body);
}

TEST_CASE("child_process: a program that does not read its input is an error of the write") {
    auto body = []() -> io::task<> {
        auto child = io::child_process::start({"true"}, {.input = child_stream::piped});
        const auto end = co_await child->wait();

        const auto sent = co_await io::write_all(child->input(), "nobody reads this");

        CHECK(end->success());
        CHECK(sent.error() == std::errc::broken_pipe);
    };

    run_body(body);
}

TEST_CASE("child_process: after a deadline it runs on, and can be waited for") {
    auto body = []() -> io::task<> {
        auto child = io::child_process::start(
            {"cat"}, {.input = child_stream::piped, .output = child_stream::null_device});
        const auto late = co_await io::within(5ms, child->wait());
        const auto once_more = co_await io::within(0ms, child->wait());
        child->input().close();
        const auto end = co_await child->wait();

        CHECK(late.error() == io::error::timed_out);
        CHECK(once_more.error() == io::error::timed_out);
        CHECK(end->success());
    };

    run_body(body);
}

TEST_CASE(
    "child_process: all who wait hear of its end, and a wait that is destroyed takes nothing") {
    auto body = []() -> io::task<> {
        auto child = io::child_process::start(waits_for_ever);
        std::vector<io::result<io::process_end>> ends;
        {
            io::task_scope destroyed;
            destroyed.spawn(wait_into, std::ref(*child), std::ref(ends));
            (void)co_await io::nop{};
        }
        io::task_scope waits;
        for (int i = 0; i < 3; ++i) waits.spawn(wait_into, std::ref(*child), std::ref(ends));
        (void)co_await io::nop{};
        CHECK(ends.empty());

        const auto sent = child->send_signal(SIGUSR1);
        co_await waits.join();

        CHECK(sent);
        REQUIRE(ends.size() == 3);
        for (const auto& end : ends) CHECK(*end == io::process_end::killed(SIGUSR1));
        CHECK(child->send_signal(SIGUSR1).error() == std::errc::no_such_process);
        CHECK(child->kill().error() == std::errc::no_such_process);
    };

    run_body(body);
}

TEST_CASE("child_process: destroyed, it is killed and waited for, and its waits end") {
    const auto open_before = open_descriptors();
    auto body = []() -> io::task<> {
        std::vector<io::child_process> one;
        one.push_back(*io::child_process::start(
            waits_for_ever, {.input = child_stream::piped, .output = child_stream::piped}));
        char byte = 0;
        auto going = [&]() -> io::task<> {
            (void)co_await io::nop{};
            one.clear();
            CHECK(no_children_left());
        };

        const auto all = co_await io::when_all(
            one.front().wait(), one.front().output().receive(std::span(&byte, 1)), going());

        CHECK(*std::get<0>(all) == io::process_end::killed(SIGKILL));
        CHECK(std::get<1>(all).error() == io::error::closed);
    };

    run_body(body);

    CHECK(open_descriptors() == open_before);
}

TEST_CASE("child_process: one that takes the place of another ends that one first") {
    auto body = []() -> io::task<> {
        auto child = *io::child_process::start(waits_for_ever);
        const pid_t first = child.id();

        child = *io::child_process::start(shell("exit 3"));

        CHECK(::kill(first, 0) < 0);
        const auto end = co_await child.wait();
        CHECK(end->status() == 3);
    };

    run_body(body);

    CHECK(no_children_left());
}

TEST_CASE("child_process: a task that is cancelled or destroyed leaves no program behind") {
    auto body = []() -> io::task<> {
        auto run = []() -> io::task<io::result<void>> {
            auto child = co_await io::or_return(io::child_process::start(waits_for_ever));
            const auto end = co_await child.wait();
            co_return end.error();
        };

        const auto late = co_await io::within(5ms, run());
        CHECK(late.error() == io::error::timed_out);
        CHECK(no_children_left());
        {
            io::task_scope destroyed;
            destroyed.spawn(run);
            (void)co_await io::nop{};
            CHECK_FALSE(no_children_left());
        }
        CHECK(no_children_left());
    };

    run_body(body);
}

TEST_CASE("child_process: asked to end it may do so in order; if it does not, it is killed") {
    auto body = []() -> io::task<> {
        auto obeys = io::child_process::start(waits_for_ever);
        const auto by_term = co_await obeys->end(1h);
        auto polite = io::child_process::start(
            shell("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.01; done"),
            {.output = child_stream::piped});
        std::string ready(6, '\0');
        (void)co_await io::read_exactly(polite->output(), ready);
        const auto by_itself = co_await polite->end(1h);
        auto deaf = io::child_process::start(
            shell("trap '' TERM; echo ready; while :; do sleep 0.01; done"),
            {.output = child_stream::piped});
        (void)co_await io::read_exactly(deaf->output(), ready);
        const auto by_force = co_await deaf->end(5ms);
        const auto again = co_await deaf->end(5ms);

        CHECK(*by_term == io::process_end::killed(SIGTERM));
        CHECK(by_itself->status() == 5);
        CHECK(*by_force == io::process_end::killed(SIGKILL));
        CHECK(*again == *by_force);
    };

    run_body(body);

    CHECK(no_children_left());
}

TEST_CASE("child_process: a cancel ends the patience, and the program runs on") {
    auto body = []() -> io::task<> {
        auto deaf =
            io::child_process::start(shell("trap '' TERM; echo ready; read line"),
                                     {.input = child_stream::piped, .output = child_stream::piped});
        std::string ready(6, '\0');
        (void)co_await io::read_exactly(deaf->output(), ready);

        const auto late = co_await io::within(5ms, deaf->end(1h));
        const auto sent = co_await io::write_all(deaf->input(), "\n");
        const auto end = co_await deaf->wait();

        CHECK(late.error() == io::error::timed_out);
        CHECK(sent);
        CHECK(end->success());
    };

    run_body(body);
}

TEST_CASE("child_process: signals go to all of a group, and all of it goes with the child") {
    auto body = []() -> io::task<> {
        const io::child_options grouped{.output = child_stream::piped, .own_group = true};
        auto shells = io::child_process::start(shell("sleep 1000000 & wait"), grouped);
        const auto group = ::getpgid(shells->id());
        const auto sent = shells->send_signal(SIGTERM);
        // The end comes when nobody has the pipe open any more.
        const auto end_of_all = co_await io::read_to_end(shells->output(), 10);
        auto leader = io::child_process::start(shell("sleep 1000000 & exit 7"), grouped);
        const auto end = co_await leader->wait();
        auto output = std::move(leader->output());
        leader = io::child_process::start({"true"});
        const auto end_of_rest = co_await io::read_to_end(output, 10);

        CHECK(group == shells->id());
        CHECK(sent);
        CHECK(end_of_all);
        CHECK(end->status() == 7);
        CHECK(end_of_rest);
    };

    run_body(body);

    CHECK(no_children_left());
}

TEST_CASE("child_process: one that may not be killed is left alone, and nobody waits") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: not root, and so whatever is started may be killed");
        return;
    }
    const auto end = run_in_child([] {
        pid_t left = 0;
        {
            auto child = io::child_process::start({"cat"}, {.input = child_stream::piped});
            left = child->id();
            if (::setresuid(65534, 65534, 0) != 0) ::_exit(1);
            if (child->kill().error() != std::errc::operation_not_permitted) ::_exit(2);
        }
        int status = -1;
        ::waitpid(left, &status, 0);  // Its input has ended, and so it does.
        if (!WIFEXITED(status)) ::_exit(3);
    });

    CHECK(end.status == 0);
}

TEST_CASE("child_process: it may be started by another thread, and is waited for at home") {
    auto body = []() -> io::task<> {
        auto child = co_await io::offload([] {
            return io::child_process::start(shell("cat; exit 4"), {.input = child_stream::piped});
        });
        const auto sent = co_await io::write_all(child->input(), "");
        child->input().close();
        const auto end = co_await child->wait();

        CHECK(sent);
        CHECK(end->status() == 4);
    };

    run_body(body);
}

TEST_CASE("child_process: a copy of it that a fork has made ends nothing") {
    auto child = *io::child_process::start(
        {"cat"},
        {.input = child_stream::piped, .output = child_stream::null_device, .own_group = true});
    const auto copied = run_in_child([&] { child = *io::child_process::start({"true"}); });

    child.input().close();
    auto body = [&]() -> io::task<> {
        const auto end = co_await child.wait();
        CHECK(end->success());
    };
    run_body(body);
    CHECK(copied.status == 0);
}

TEST_CASE("child_process: when the kernel waits for children, its end has no status") {
    auto body = []() -> io::task<> {
        auto before = ::signal(SIGCHLD, SIG_IGN);
        auto child = io::child_process::start({"cat"}, {.input = child_stream::piped});
        REQUIRE(child);
        child->input().close();

        const auto end = co_await child->wait();

        CHECK(end.error() == std::errc::no_child_process);
        ::signal(SIGCHLD, before);
    };

    run_body(body);
}

TEST_CASE("child_process: what is done wrong with one is named") {
    CHECK(dies_with("no program is named",
                    [] { (void)io::child_process::start(std::vector<std::string>()); }));
    CHECK(dies_with("as_output is for errors only", [] {
        (void)io::child_process::start({"true"}, {.output = child_stream::as_output});
    }));
    CHECK(dies_with("moved from", [] {
        auto child = io::child_process::start({"true"});
        auto other = std::move(*child);
        (void)child->kill();
    }));
}
