#include "aio/op/multishot.hpp"

#include <sys/eventfd.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/address.hpp"
#include "aio/op/poll.hpp"
#include "aio/op/socket.hpp"
#include "aio/op/timeout.hpp"
#include "runtime/ring.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/dies_with.hpp"
#include "tests/loopback.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// A listening socket and the clients of a test.
class door {
  public:
    void knock(int times = 1) {
        for (int i = 0; i < times; ++i) knock_with(new_client());
    }

    static io::descriptor new_client() { return new_tcp_socket(); }

    void knock_with(io::descriptor client) {
        REQUIRE(::connect(client.number(), where_.data(), where_.size()) == 0);
        clients_.push_back(std::move(client));
    }

    const io::descriptor& socket() const { return socket_; }

  private:
    io::descriptor socket_ = listening();
    io::address where_ = address_of_socket(socket_);
    std::vector<io::descriptor> clients_;
};

using peers = io::multishot<io::accept>;

/// Returns: how many values came, until there was none for a while.
io::task<int> count_peers(peers& from) {
    int count = 0;
    for (;;) {
        const auto peer = co_await io::within(20ms, from.next());
        if (!peer) co_return count;
        ++count;
    }
}

void add_one(const io::descriptor& counter) { REQUIRE(::eventfd_write(counter.number(), 1) == 0); }

/// A timeout on a kernel that does not know it as a multishot.
struct old_timeout {
    static constexpr const char* name = "timeout";
    io::timeout single;

    void prepare(io_uring_sqe& entry) const noexcept { single.prepare(entry); }
    void prepare_multishot(io_uring_sqe& entry) const noexcept {
        single.prepare(entry);
        entry.timeout_flags = 1U << 30;
    }
    static constexpr io::kernel_version multishot_since{6, 1};
    static io::remedy remedy_for(std::error_code) noexcept { return io::remedy::none; }
    static void value(io::completion_event) noexcept {}
    static io::completion_event translated(io::completion_event event) noexcept {
        return io::timeout::translated(event);
    }
};

template <class Values>
io::task<int> take_five(Values& values) {
    for (int taken = 0;; ++taken) {
        if (taken == 5) co_return taken;
        const auto value = co_await values.next();
        if (!value) co_return taken;
    }
}

}  // namespace

TEST_CASE("multishot: the entries ask for many answers") {
    CHECK(prepared_multishot(io::accept{.socket = 5}).ioprio == IORING_ACCEPT_MULTISHOT);
    CHECK(prepared_multishot(io::accept{.socket = 5}).accept_flags == SOCK_CLOEXEC);
    CHECK(prepared_multishot(io::poll{.file = 5}).len == IORING_POLL_ADD_MULTI);
    CHECK(prepared_multishot(io::timeout{.span = 1s}).timeout_flags == 1U << 6);
}

TEST_CASE("multishot: one entry accepts all peers") {
    door at;
    at.knock(20);
    auto body = [&]() -> io::task<int> {
        peers arriving(io::accept{.socket = at.socket()});
        const int first = co_await count_peers(arriving);
        CHECK(arriving.armed());
        at.knock(20);
        const int second = co_await count_peers(arriving);
        co_return first + second;
    };

    CHECK(run_body(body) == 40);
}

TEST_CASE("multishot: a slow consumer stops the flow, and loses nothing") {
    door at;
    at.knock(8);
    auto body = [&]() -> io::task<int> {
        peers arriving(io::accept{.socket = at.socket()}, {.queued = 4});
        auto first = co_await arriving.next();
        REQUIRE(first);
        (void)co_await io::sleep_for(2ms);
        CHECK(!arriving.armed());
        const auto held = arriving.queued();
        at.knock(8);
        (void)co_await io::sleep_for(2ms);
        CHECK(arriving.queued() == held);
        co_return 1 + co_await count_peers(arriving);
    };

    CHECK(run_body(body) == 16);
}

TEST_CASE("multishot: a deadline or a lost race ends the wait and not the sequence") {
    door at;
    auto body = [&]() -> io::task<> {
        peers arriving(io::accept{.socket = at.socket()});
        const auto late = co_await io::within(1ms, arriving.next());
        CHECK(late.error() == io::error::timed_out);
        const auto raced = co_await io::when_any(arriving.next(), io::sleep_for(1ms));
        CHECK(raced.index == 1);
        CHECK(raced.get<0>().error() == io::error::canceled);
        CHECK(arriving.armed());
        at.knock();
        const auto peer = co_await arriving.next();
        CHECK(peer);
    };

    run_body(body);
}

TEST_CASE("multishot: a look without a wait begins it") {
    door at;
    at.knock();
    auto body = [&]() -> io::task<bool> {
        peers arriving(io::accept{.socket = at.socket()});
        const auto nothing_yet = co_await io::within(0s, arriving.next());
        CHECK(nothing_yet.error() == io::error::timed_out);
        (void)co_await io::sleep_for(1ms);
        const auto there = co_await io::within(0s, arriving.next());
        co_return there.error() == std::error_code();
    };

    CHECK(run_body(body));
}

TEST_CASE("multishot: what is queued when a wait is cancelled is there for the next wait") {
    const auto counter = io::descriptor::adopt(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    auto body = [&]() -> io::task<> {
        io::multishot<io::poll> ready(io::poll{.file = counter, .events = POLLIN});
        {
            io::task_scope scope;
            scope.spawn([&]() -> io::task<> { (void)co_await ready.next(); });
            (void)co_await io::sleep_for(1ms);
            scope.cancel();
            co_await scope.join();
        }
        add_one(counter);
        (void)co_await io::sleep_for(1ms);
        CHECK(ready.queued() == 1);

        ready.close();

        const auto queued = co_await ready.next();
        CHECK(*queued == POLLIN);
        const auto ended = co_await ready.next();
        CHECK(ended.error() == io::error::closed);
        const auto still = co_await ready.next();
        CHECK(still.error() == io::error::closed);
    };

    run_body(body);
}

TEST_CASE("multishot: a poll answers each time that something happens") {
    const auto counter = io::descriptor::adopt(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    auto body = [&]() -> io::task<int> {
        io::multishot<io::poll> ready(io::poll{.file = counter, .events = POLLIN});
        int seen = 0;
        for (int i = 0; i < 10; ++i) {
            const auto quiet = co_await io::within(0ms, ready.next());
            if (quiet) co_return -1;
            add_one(counter);
            const auto there = co_await ready.next();
            if (there && *there == POLLIN) ++seen;
        }
        co_return seen;
    };

    CHECK(run_body(body) == 10);
}

TEST_CASE("multishot: a timeout ticks, also on a kernel that only knows single ones") {
    auto body = [](auto call) -> io::task<int> {
        io::multishot ticks(call);
        const int taken = co_await take_five(ticks);
        co_return taken;
    };
    const auto begin = std::chrono::steady_clock::now();

    CHECK(io::run(body(io::timeout{.span = 1ms})) == 5);
    CHECK(io::run(body(old_timeout{.single = {.span = 1ms}})) == 5);

    CHECK(std::chrono::steady_clock::now() - begin >= 10ms);
}

TEST_CASE("multishot: a timer that has fired but was not heard yet is stopped for good") {
    auto body = []() -> io::task<std::size_t> {
        for (int round = 0; round < 200; ++round) {
            io::multishot<io::timeout> ticks(io::timeout{.span = 20us});
            const auto first = co_await ticks.next();
            REQUIRE(first);
            const auto busy_until = std::chrono::steady_clock::now() + 50us;
            while (std::chrono::steady_clock::now() < busy_until) {
            }
        }
        co_return io::home::current().kernel()->in_flight();
    };

    CHECK(run_body(body) == 1);  // The one by which the scheduler is woken.
}

TEST_CASE("multishot: descriptors that nobody took are closed with it") {
    door at;
    at.knock(10);
    const auto open_before = open_descriptors();
    auto body = [&]() -> io::task<> {
        peers arriving(io::accept{.socket = at.socket()});
        const auto one = co_await arriving.next();
        REQUIRE(one);
        CHECK(arriving.queued() == 9);
    };

    run_body(body);

    CHECK(open_descriptors() == open_before);
}

TEST_CASE("multishot: without descriptors it pauses, does not spin, and goes on") {
    door at;
    auto client = door::new_client();
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    auto body = [&]() -> io::task<> {
        peers arriving(io::accept{.socket = at.socket()});
        // The kernel remembers the limit of the moment in which the entry is submitted.
        const rlimit none{static_cast<rlim_t>(client.number()), before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
        at.knock_with(std::move(client));
        const auto calls = io::home::current().kernel()->system_calls();
        const auto refused = co_await io::within(20ms, arriving.next());
        const auto made = io::home::current().kernel()->system_calls() - calls;
        ::setrlimit(RLIMIT_NOFILE, &before);
        CHECK(refused.error() == io::error::timed_out);
        CHECK(made < 10);
        const auto peer = co_await io::within(5s, arriving.next());
        CHECK(peer);
    };

    run_body(body);
}

TEST_CASE("multishot: an error that nothing can be done about is the end, again and again") {
    auto body = []() -> io::task<> {
        peers nowhere(io::accept{.socket = -1});
        const auto first = co_await nowhere.next();
        CHECK(first.error() == std::errc::bad_file_descriptor);
        const auto second = co_await nowhere.next();
        CHECK(second.error() == std::errc::bad_file_descriptor);
        const auto idle = io::descriptor::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        peers not_listening(io::accept{.socket = idle});
        const auto third = co_await not_listening.next();
        CHECK(third.error() == std::errc::invalid_argument);
    };

    run_body(body);
}

TEST_CASE("multishot: a scheduler that ends takes it along, and stop reaches its wait") {
    door at;
    std::unique_ptr<peers> arriving;
    {
        io::scheduler loop;
        arriving = std::make_unique<peers>(io::accept{.socket = at.socket()});
        const auto told = loop.run([](peers& from) -> io::task<std::error_code> {
            const auto late = co_await io::within(1ms, from.next());
            co_return late.error();
        }(*arriving));
        CHECK(told == io::error::timed_out);
        CHECK(arriving->armed());
    }
    CHECK(!arriving->armed());

    io::scheduler loop;
    peers others(io::accept{.socket = at.socket()});
    const auto told = loop.run([](io::scheduler& own, peers& from) -> io::task<std::error_code> {
        own.stop();
        const auto stopped = co_await from.next();
        co_return stopped.error();
    }(loop, others));

    CHECK(told == io::error::stopped);
}

TEST_CASE("multishot: two waits at once are a mistake that is named") {
    door at;
    auto body = [&]() -> io::task<> {
        peers arriving(io::accept{.socket = at.socket()});
        io::task_scope scope;
        const auto wait = [](peers& from) -> io::task<> { (void)co_await from.next(); };
        scope.spawn(wait, std::ref(arriving));
        scope.spawn(wait, std::ref(arriving));
        co_await scope.join();
    };

    CHECK(dies_with("in progress", [&] { run_body(body); }));
}

TEST_CASE("multishot: destroying it under a wait is a mistake that is named") {
    door at;
    auto body = [&]() -> io::task<> {
        auto arriving = std::make_unique<peers>(io::accept{.socket = at.socket()});
        io::task_scope scope;
        scope.spawn([](peers& from) -> io::task<> { (void)co_await from.next(); },
                    std::ref(*arriving));
        (void)co_await io::sleep_for(1ms);
        arriving.reset();
    };

    CHECK(dies_with("destroyed while its next value is waited for", [&] { run_body(body); }));
}
