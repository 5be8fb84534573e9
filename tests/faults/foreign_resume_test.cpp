#include <coroutine>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/error.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task.hpp"
#include "runtime/when_all.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using lariat::testing::manual_home;

namespace {

/// Another library's event: it resumes who waits from inside `open`, on the caller's stack.
class gate {
  public:
    bool await_ready() const noexcept { return open_; }
    void await_suspend(std::coroutine_handle<> who) noexcept { waiting_ = who; }
    void await_resume() const noexcept {}

    void open() {
        open_ = true;
        if (waiting_) std::exchange(waiting_, nullptr).resume();
    }
    bool waited_for() const noexcept { return static_cast<bool>(waiting_); }

  private:
    bool open_ = false;
    std::coroutine_handle<> waiting_;
};

/// Answers at once what it was told to.
struct at_once {
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
    int await_resume() const noexcept { return 7; }
};

struct refuses_to_wait {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const { throw std::runtime_error("no room"); }
    void await_resume() const noexcept {}
};

/// Resumes from a thread of its own.
class elsewhere {
  public:
    ~elsewhere() {
        if (thread_.joinable()) thread_.join();
    }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> who) {
        thread_ = std::thread([who] { who.resume(); });
    }
    std::thread::id await_resume() const noexcept { return std::this_thread::get_id(); }

  private:
    std::thread thread_;
};

io::task<> sleep_and_say(std::string& said) {
    const auto slept = co_await io::sleep_for(1h);
    said += slept ? "slept" : slept.error().message();
}

io::task<> scope_behind(gate& opened, std::string& said) {
    co_await opened;
    io::task_scope mine;
    mine.spawn(sleep_and_say, std::ref(said));
    co_await mine.join();
}

}  // namespace

TEST_CASE("a task that opens another library's gate was left on the strand of who waited there") {
    manual_home at;
    gate opened;
    std::string first;
    std::string second;
    io::task_scope waiters;
    io::task_scope openers;
    waiters.spawn(scope_behind, std::ref(opened), std::ref(first));
    openers.spawn([&]() -> io::task<> {
        opened.open();
        io::task_scope mine;
        mine.spawn(sleep_and_say, std::ref(second));
        co_await mine.join();
    });
    at.run_until_idle();

    waiters.cancel();
    at.run_until_idle();

    CHECK(first == "canceled");
    CHECK(second.empty());

    openers.cancel();
    at.run_until_idle();

    CHECK(second == "canceled");
}

TEST_CASE("a scope made behind another library's gate hung on the strand of who opened it") {
    manual_home at;
    gate opened;
    std::string said;
    io::task_scope waiters;
    io::task_scope openers;
    waiters.spawn(scope_behind, std::ref(opened), std::ref(said));
    openers.spawn([&]() -> io::task<> {
        opened.open();
        (void)co_await io::sleep_for(1h);
    });
    at.run_until_idle();

    openers.cancel();
    at.run_until_idle();

    CHECK(said.empty());
    CHECK(waiters.size() == 1);

    waiters.cancel();
    at.run_until_idle();

    CHECK(said == "canceled");
}

TEST_CASE("a task that another library resumes goes on in its turn, not on that stack") {
    manual_home at;
    gate opened;
    bool inside = false;
    std::optional<bool> resumed_inside;
    io::task_scope tasks;
    tasks.spawn([&]() -> io::task<> {
        co_await opened;
        resumed_inside = inside;
    });
    at.run_until_idle();

    inside = true;
    opened.open();
    inside = false;
    at.run_until_idle();

    CHECK(resumed_inside == false);
}

TEST_CASE("a task that another library resumes on its own thread goes on at home") {
    const auto home = io::run([]() -> io::task<std::thread::id> {
        elsewhere away;
        const auto where = co_await away;
        co_return where;
    }());

    CHECK(home == std::this_thread::get_id());
}

TEST_CASE("a task may await what another library has at once, or throws") {
    const auto both = io::run([]() -> io::task<std::pair<int, std::string>> {
        const int value = co_await at_once{};
        std::string thrown;
        try {
            co_await refuses_to_wait{};
        } catch (const std::runtime_error& error) {
            thrown = error.what();
        }
        co_return std::pair(value, thrown);
    }());

    CHECK(both == std::pair(7, std::string("no room")));
}

TEST_CASE("a task that waits for another library may be destroyed") {
    manual_home at;
    gate opened;
    bool reached = false;
    {
        io::task_scope tasks;
        tasks.spawn([&]() -> io::task<> {
            co_await opened;
            reached = true;
        });
        at.run_until_idle();
        REQUIRE(opened.waited_for());

        opened.open();
    }

    at.run_until_idle();

    CHECK(!reached);
}
