#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <ostream>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/resolve.hpp"
#include "aio/transport/happy_eyeballs.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/aio/fake_names.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"
#include "tests/stress/typical.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Takes up to `most` for each answer.
class slow_names final : public io::name_source {
  public:
    slow_names(std::uint64_t seed, std::chrono::microseconds most) : random_(seed), most_(most) {}

    fake_names names;

    int look_up(const char* host, const char* service, const addrinfo& hints,
                addrinfo*& found) noexcept override {
        const auto span = std::chrono::microseconds(random_.fetch_add(0x9e3779b97f4a7c15) %
                                                    static_cast<std::uint64_t>(most_.count()));
        const auto until = std::chrono::steady_clock::now() + span;
        while (std::chrono::steady_clock::now() < until) {
        }
        return names.look_up(host, service, hints, found);
    }
    void release(addrinfo* found) noexcept override { names.release(found); }

  private:
    std::atomic<std::uint64_t> random_;
    const std::chrono::microseconds most_;
};

struct counts {
    std::uint64_t came = 0, late = 0, destroyed = 0;

    void note(std::error_code how) {
        if (!how)
            ++came;
        else if (how == io::error::timed_out)
            ++late;
    }
};

io::task<> look_up(io::thread_pool& pool, slow_names& source, io::duration limit, counts& seen) {
    const auto found = co_await io::within(
        limit, io::resolve("host", "service", {.pool = &pool, .source = &source}));
    seen.note(found.error());
}

io::task<> connect(io::thread_pool& pool, slow_names& source, io::duration limit, counts& seen) {
    const auto peer = co_await io::within(
        limit, io::connect_tcp("host", "service",
                               {.names = {.pool = &pool, .source = &source}, .attempt_delay = 0s}));
    seen.note(peer.error());
}

}  // namespace

TEST_CASE("a look-up whose answer, deadline and end race is told once, and nothing leaks") {
    auto random = seeded("resolve");
    slow_names source(random(), 200us);
    source.names.answer = {io::address::loopback(1)};
    counts seen;
    {
        io::thread_pool pool({.most = 2});
        auto body = [&]() -> io::task<> {
            counts none;
            const auto most =
                2 * co_await typical_span([&] { return look_up(pool, source, io::forever, none); });
            for (auto round = rounds(20'000); round > 0; --round) {
                io::task_scope tasks;
                for (int i = 0; i < 3; ++i)
                    tasks.spawn(look_up(pool, source, any_span(random, most), seen));
                (void)co_await io::sleep_for(any_span(random, most));
                seen.destroyed += tasks.size();
            }
        };
        io::run(body());
    }

    check_outcomes("resolve",
                   {{"came", seen.came}, {"late", seen.late}, {"destroyed", seen.destroyed}});
    CHECK(source.names.alive() == 0);
}

TEST_CASE("connects by name that race with their deadlines leave no socket behind") {
    auto random = seeded("connect by name");
    slow_names source(random(), 50us);
    counts seen;
    std::uint64_t accepted = 0;
    auto serve = [&](io::tcp_listener& door) -> io::task<> {
        for (;;) {
            const auto peer = co_await door.accept();
            if (!peer) co_return;
            ++accepted;
        }
    };
    {
        io::thread_pool pool({.most = 2});
        auto body = [&]() -> io::task<> {
            auto one = *io::tcp_listener::open(io::address::loopback(0));
            auto other = *io::tcp_listener::open(io::address::loopback_v6(0));
            source.names.answer = {*one.local_address(), *other.local_address()};
            io::task_scope serving;
            serving.spawn(serve, std::ref(one));
            serving.spawn(serve, std::ref(other));
            counts none;
            const auto most =
                2 * co_await typical_span([&] { return connect(pool, source, io::forever, none); });
            const auto open_before = open_descriptors();
            for (auto round = rounds(10'000); round > 0; --round) {
                {
                    io::task_scope tasks;
                    tasks.spawn(connect(pool, source, any_span(random, most), seen));
                    (void)co_await io::sleep_for(any_span(random, most));
                    seen.destroyed += tasks.size();
                }
                if (round % 100 == 0) (void)co_await io::sleep_for(1ms);
            }
            // Those that are accepted now are closed at once.
            for (int tries = 0; tries < 1000 && open_descriptors() != open_before; ++tries)
                (void)co_await io::sleep_for(1ms);
            CHECK(open_descriptors() == open_before);
            serving.cancel();
            co_await serving.join();
        };
        io::run(body());
    }

    check_outcomes("connect by name",
                   {{"came", seen.came}, {"late", seen.late}, {"destroyed", seen.destroyed}});
    CHECK(accepted >= seen.came);
}
