#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/awaitable.hpp"
#include "runtime/generator.hpp"
#include "runtime/on.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/start_on.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/runtime/neighbour.hpp"
#include "tests/whole_batches.hpp"

// A visit that is destroyed is turned out of where its task is, also while a destructor blocks the
// thread over there.

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// What one thread tells another one, once.
class signal {
  public:
    void give() {
        given_ = true;
        given_.notify_one();
    }
    void take() const { given_.wait(false); }

  private:
    std::atomic<bool> given_{false};
};

/// Ends when it is told to, whatever it is asked.
class stubborn final : public io::aio_awaitable<std::size_t> {
  public:
    ~stubborn() { retire(); }

    void end() noexcept { finish({}, 1); }

    /// Waits until it is pending.
    void started() const { started_.take(); }

  private:
    void start() noexcept override {
        if (!defer(nullptr, nullptr)) return;
        started_.give();
    }
    std::size_t value() noexcept override { return count(); }

    signal started_;
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
    const whole_batches whole;
    io::scheduler loop;
    auto visits = [&]() -> io::task<> { std::ignore = co_await io::on(there, std::move(body)); };
    auto destroyed = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(visits());
        co_await io::yield();
        loop.kernel()->poll();  // The wake leaves: `may_end` blocks this thread.
        may_end();
        // Destroyed without being joined.
    };
    loop.run(destroyed());
}

}  // namespace

TEST_CASE("a guest that is turned out ends what a destructor over there waits for") {
    neighbour other;
    stubborn pending;
    signal leaving;
    auto waits = [&]() -> io::task<> { (void)co_await pending; };
    auto blocks = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(waits());
        co_await io::yield();
        leaving.give();
        co_return;  // The scope's end waits for `pending`.
    };
    std::future<void> blocked;
    auto ends_it = [&]() -> io::task<> {
        const at_end end([&] { pending.end(); });
        blocked = io::start_on(other.loop(), blocks());
        (void)co_await io::sleep_for(1h);
    };

    visit_until(other.loop(), ends_it(), [&] { leaving.take(); });

    CHECK(blocked.wait_for(10s) == std::future_status::ready);
}

namespace {

/// Waits for `pending` when it is destroyed.
struct leftover {
    std::unique_ptr<io::task_scope> waits;

    void leave(stubborn& pending) {
        waits = std::make_unique<io::task_scope>();
        auto wait = [](stubborn& what) -> io::task<> { (void)co_await io::shield(what); };
        waits->spawn(wait(pending));
    }
};

/// Destroys the visit of `guest(pending, its scheduler)` while a part of it waits for `pending` as
/// that part is destroyed, and ends that afterwards.
/// Returns: in which order both ended.
template <class Guest>
std::string order_of_ends(Guest guest) {
    neighbour other;
    stubborn pending;
    std::string order;
    auto visitor = [&]() -> io::task<> {
        const at_end end([&] { order += "guest"; });
        co_await guest(pending, other.loop());
        (void)co_await io::sleep_for(1h);
    };
    std::thread ends_it;

    visit_until(other.loop(), visitor(), [&] {
        pending.started();
        ends_it = std::thread([&] {
            std::this_thread::sleep_for(10ms);  // The visit's end has come over by then.
            order += "part ";
            pending.end();
        });
    });
    ends_it.join();
    return order;
}

io::generator<int> blocks_when_it_is_left(stubborn& pending) {
    (void)co_await io::sleep_for(1h);
    leftover left;
    left.leave(pending);
    co_await io::yield();
    left.waits.reset();
    co_yield 1;
}

/// A coroutine that knows nothing of strands. Destroyed by who has it.
class stranger {
  public:
    struct promise_type {
        stranger get_return_object() {
            return stranger(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };

    stranger(stranger&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    ~stranger() {
        if (body_) body_.destroy();
    }

  private:
    explicit stranger(std::coroutine_handle<promise_type> body) : body_(body) {}

    std::coroutine_handle<promise_type> body_;
};

stranger blocks_after_a_pause(stubborn& pending) {
    leftover left;
    (void)co_await io::sleep_for(1ms);
    left.leave(pending);
    co_await io::yield();
    left.waits.reset();
}

}  // namespace

TEST_CASE("a guest is not turned out while a task of its own is being destroyed") {
    const std::string order = order_of_ends([](stubborn& pending, io::scheduler&) -> io::task<> {
        // What it leaves behind is destroyed with its frame, and waits.
        auto leaves = [](stubborn& what, leftover left) -> io::task<> {
            left.leave(what);
            co_await io::yield();
        };
        io::task_scope scope;
        scope.spawn(leaves(pending, {}));
        (void)co_await io::sleep_for(1h);
    });

    CHECK(order == "part guest");
}

TEST_CASE("a guest is not turned out while a generator of its own runs that nobody asks") {
    const std::string order = order_of_ends([](stubborn& pending, io::scheduler&) -> io::task<> {
        auto values = blocks_when_it_is_left(pending);
        {
            io::task_scope scope;
            scope.spawn(
                [](io::generator<int>& from) -> io::task<> { (void)co_await from.next(); }(values));
            co_await io::yield();
            // Who asked is destroyed here; the generator goes on.
        }
        (void)co_await io::sleep_for(1h);
    });

    CHECK(order == "part guest");
}

TEST_CASE("a guest is not turned out while another one runs that it sent to where it is itself") {
    const std::string order =
        order_of_ends([](stubborn& pending, io::scheduler& there) -> io::task<> {
            auto visits = [&]() -> io::task<> {
                leftover left;
                left.leave(pending);
                co_await io::yield();
                left.waits.reset();
            };
            std::ignore = co_await io::on(there, visits());
        });

    CHECK(order == "part guest");
}

TEST_CASE("a guest is not turned out while a scheduler runs that its task has made") {
    const std::string order = order_of_ends([](stubborn& pending, io::scheduler&) -> io::task<> {
        leftover left;
        left.leave(pending);
        co_await io::yield();
        io::run([](leftover& outer) -> io::task<> {
            outer.waits.reset();
            co_return;
        }(left));
    });

    CHECK(order == "part guest");
}

TEST_CASE("a guest is not turned out while a foreign coroutine of its own runs") {
    const std::string order = order_of_ends([](stubborn& pending, io::scheduler&) -> io::task<> {
        const stranger foreign = blocks_after_a_pause(pending);
        (void)co_await io::sleep_for(1h);
    });

    CHECK(order == "part guest");
}

TEST_CASE("a guest is turned out while the arguments of another task's child are destroyed") {
    neighbour other;
    stubborn pending;
    signal leaving;
    auto ends = [&](leftover left) -> io::task<> {
        left.leave(pending);
        co_await io::yield();
        leaving.give();
        co_return;  // What is left is destroyed with the frame, and waits.
    };
    auto blocks = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(ends({}));
        (void)co_await scope.join();
    };
    std::future<void> blocked;
    auto ends_it = [&]() -> io::task<> {
        const at_end end([&] { pending.end(); });
        blocked = io::start_on(other.loop(), blocks());
        (void)co_await io::sleep_for(1h);
    };

    visit_until(other.loop(), ends_it(), [&] { leaving.take(); });

    CHECK(blocked.wait_for(10s) == std::future_status::ready);
}

TEST_CASE("a guest that cannot go yet holds up none that is recalled while another one goes") {
    neighbour other;
    stubborn for_first;
    stubborn for_second;
    signal second_is_here, third_is_here, second_may_go, second_goes, third_may_go;
    auto first = [&]() -> io::task<> {
        leftover left;
        left.leave(for_first);
        co_await io::yield();
        left.waits.reset();
    };
    auto second = [&]() -> io::task<> {
        leftover left;
        const at_end leaving([&] { second_goes.give(); });
        left.leave(for_second);
        second_is_here.give();
        (void)co_await io::sleep_for(1h);
    };
    auto third = [&]() -> io::task<> {
        const at_end end([&] { for_second.end(); });
        third_is_here.give();
        (void)co_await io::sleep_for(1h);
    };

    std::thread visits_second(
        [&] { visit_until(other.loop(), second(), [&] { second_may_go.take(); }); });
    std::thread visits_third(
        [&] { visit_until(other.loop(), third(), [&] { third_may_go.take(); }); });
    second_is_here.take();
    third_is_here.take();
    std::thread recalls([&] {
        for_first.started();
        std::this_thread::sleep_for(10ms);  // The first one was recalled, and cannot go.
        second_may_go.give();
        second_goes.take();
        third_may_go.give();
        visits_second.join();
        visits_third.join();
        for_first.end();
    });
    visit_until(other.loop(), first(), [&] { for_first.started(); });
    recalls.join();
}

TEST_CASE("a guest is turned out once, also if it is recalled while its host's end waits for it") {
    neighbour other;
    stubborn pending;
    signal leaving;
    auto waits = [&]() -> io::task<> { (void)co_await pending; };
    auto guest = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(waits());
        const at_end end([&] { leaving.give(); });
        (void)co_await io::shield(io::sleep_for(1h));
        // The scope's end waits for `pending`.
    };
    std::thread stops, ends_it;

    visit_until(other.loop(), guest(), [&] {
        pending.started();
        stops = std::thread([&] { other.end(); });
        leaving.take();
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
