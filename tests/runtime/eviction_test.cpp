#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/awaitable.hpp"
#include "runtime/on.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/start_on.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/runtime/neighbour.hpp"

// A visit that is destroyed is turned out of where its task is, also while a destructor blocks the
// thread over there.

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Ends when it is told to, whatever it is asked.
class stubborn final : public io::aio_awaitable<std::size_t> {
  public:
    ~stubborn() { retire(); }

    void end() noexcept { finish({}, 1); }

    /// Waits until it is pending.
    void started() const { started_.wait(false); }

  private:
    void start() noexcept override {
        (void)defer(nullptr, nullptr);
        started_ = true;
        started_.notify_one();
    }
    std::size_t value() noexcept override { return count(); }

    std::atomic<bool> started_{false};
};

template <class End>
class at_end {
  public:
    explicit at_end(End end) : end_(std::move(end)) {}
    ~at_end() { end_(); }
    at_end(const at_end&) = delete;
    at_end& operator=(const at_end&) = delete;

  private:
    End end_;
};

/// Visits `there` with `body` until `may_end()` has returned, and is destroyed then.
template <class MayEnd>
void visit_until(io::scheduler& there, io::task<> body, MayEnd may_end) {
    io::scheduler here;
    auto visits = [&]() -> io::task<> { std::ignore = co_await io::on(there, std::move(body)); };
    auto destroyed = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(visits());
        (void)co_await io::sleep_for(1ms);  // What was posted has left, and so has its wake.
        may_end();
        // Destroyed without being joined.
    };
    here.run(destroyed());
}

}  // namespace

TEST_CASE("a guest that is turned out ends what a destructor over there waits for") {
    neighbour other;
    stubborn pending;
    std::atomic<bool> leaving{false};
    auto waits = [&]() -> io::task<> { (void)co_await pending; };
    auto blocks = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(waits());
        co_await io::yield();
        leaving = true;
        leaving.notify_one();
        co_return;  // The scope's end waits for `pending`.
    };
    std::future<void> blocked;
    auto ends_it = [&]() -> io::task<> {
        const at_end end([&] { pending.end(); });
        blocked = io::start_on(other.loop(), blocks());
        (void)co_await io::sleep_for(1h);
    };

    visit_until(other.loop(), ends_it(), [&] { leaving.wait(false); });

    CHECK(blocked.wait_for(10s) == std::future_status::ready);
}

TEST_CASE("a guest is not turned out while a task of its own is being destroyed") {
    neighbour other;
    stubborn pending;
    std::string order;
    auto waits = [&]() -> io::task<> { (void)co_await pending; };
    // What it leaves behind is destroyed with its frame, and waits.
    auto leaves = [&](std::unique_ptr<io::task_scope> left) -> io::task<> {
        left = std::make_unique<io::task_scope>();
        left->spawn(waits());
        co_await io::yield();
    };
    auto guest = [&]() -> io::task<> {
        const at_end end([&] { order += "guest"; });
        io::task_scope scope;
        scope.spawn(leaves(nullptr));
        (void)co_await io::sleep_for(1h);
    };
    std::thread ends_it;

    visit_until(other.loop(), guest(), [&] {
        pending.started();
        ends_it = std::thread([&] {
            std::this_thread::sleep_for(10ms);  // The visit's end has come over by then.
            order += "task ";
            pending.end();
        });
    });
    ends_it.join();

    CHECK(order == "task guest");
}

TEST_CASE("a guest is turned out once, also if it is recalled while its host's end waits for it") {
    neighbour other;
    stubborn pending;
    std::atomic<bool> leaving{false};
    auto waits = [&]() -> io::task<> { (void)co_await pending; };
    auto guest = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(waits());
        const at_end end([&] {
            leaving = true;
            leaving.notify_one();
        });
        (void)co_await io::shield(io::sleep_for(1h));
        // The scope's end waits for `pending`.
    };
    std::thread stops, ends_it;

    visit_until(other.loop(), guest(), [&] {
        stops = std::thread([&] { other.end(); });
        leaving.wait(false);
        ends_it = std::thread([&] {
            std::this_thread::sleep_for(10ms);  // The recall has come over by then.
            pending.end();
        });
    });
    stops.join();
    ends_it.join();
}

TEST_CASE("a wake that is held back outside does not delay a scheduler that ends inside") {
    neighbour other;
    auto naps = []() -> io::task<> { (void)co_await io::sleep_for(1h); };
    auto visits = [&]() -> io::task<> { std::ignore = co_await io::on(other.loop(), naps()); };
    bool ended = false;
    auto outer = [&]() -> io::task<> {
        std::future<void> guest;
        io::task_scope scope;
        {
            io::scheduler inner;
            guest = io::start_on(inner, visits());
            inner.run([]() -> io::task<> { (void)co_await io::sleep_for(1ms); }());
            scope.spawn(visits());
            co_await io::yield();  // Its wake will leave with this ring's next batch.
            // The guest's end waits for an answer of the same one.
        }
        ended = true;
        CHECK_THROWS_AS(guest.get(), std::system_error);
    };

    io::run(outer());

    CHECK(ended);
}
