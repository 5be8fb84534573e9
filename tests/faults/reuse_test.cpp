#include <fcntl.h>
#include <liburing.h>

#include <chrono>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/file.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "aio/op/link.hpp"
#include "aio/op/socket.hpp"
#include "runtime/ring.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/whole_batches.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// A write that the kernel hands to a worker thread at once: its descriptor is looked up late.
struct write_in_worker {
    static constexpr const char* name = "write_in_worker";

    io::write single;

    void prepare(io_uring_sqe& entry) const noexcept {
        single.prepare(entry);
        entry.flags |= IOSQE_ASYNC;
    }
    static std::size_t value(io::completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// Makes files that take over numbers as soon as they are free.
class number_taker {
  public:
    explicit number_taker(const std::filesystem::path& where) : where_(where) {}

    void take(int number) {
        if (!is_open(number)) {
            auto next = made(where_ / ("taken" + std::to_string(taken_.size())));
            if (next.number() == number) ++reused_;
            taken_.push_back(std::move(next));
        }
    }

    int reused() const { return reused_; }

    bool all_empty() const {
        for (const auto& each : taken_)
            if (::lseek(each.number(), 0, SEEK_END) != 0) return false;
        return true;
    }

  private:
    std::filesystem::path where_;
    std::vector<io::descriptor> taken_;
    int reused_ = 0;
};

}  // namespace

TEST_CASE("a number that is free after a close is not touched by what was meant for the old file") {
    const whole_batches always;
    const scratch place;
    number_taker taker(place.path());
    auto body = [&]() -> io::task<> {
        for (int round = 0; round < 100; ++round) {
            const auto gate = make_pipe();
            const auto old_path = place.path() / "old";
            auto old = made(old_path);
            const int number = old.number();
            io::guarded_descriptor guarded(std::move(old));
            io::task_scope scope;
            char byte[1];
            const std::string text(4096, 'x');
            scope.spawn([&]() -> io::task<> {
                (void)co_await guarded.guard(
                    io::link(io::read{.file = gate.first, .buffer = byte},
                             io::write{.file = guarded.ref(), .buffer = text, .offset = 0}));
            });
            for (std::uint64_t i = 0; i < 8; ++i) {
                scope.spawn([&, i]() -> io::task<> {
                    (void)co_await guarded.guard(write_in_worker{
                        .single = {.file = guarded.ref(), .buffer = text, .offset = i * 4096}});
                });
            }
            co_await io::yield();
            if (round % 2 == 0) co_await io::yield();
            guarded.close();
            taker.take(number);
            // The gate opens only now: the chain's second member would look its number up here.
            put(gate.second, "x");
            taker.take(number);
            co_await scope.join();
            taker.take(number);
            CHECK(!guarded.is_open());
        }
    };

    run_body(body);

    CHECK(taker.reused() == 100);
    CHECK(taker.all_empty());
}

TEST_CASE("closing a stream ends what waits on it first: nothing swallows the next one's bytes") {
    auto body = []() -> io::task<> {
        for (int round = 0; round < 100; ++round) {
            auto first = make_socket_pair();
            io::guarded_descriptor guarded(std::move(first.first));
            io::task_scope scope;
            char old_bytes[8] = {};
            scope.spawn([&]() -> io::task<> {
                const auto got = co_await guarded.guard(
                    io::receive{.socket = guarded.ref(), .buffer = old_bytes});
                CHECK(got.error() == io::error::closed);
            });
            co_await io::yield();
            guarded.close();
            co_await scope.join();
            const auto next = make_socket_pair();
            put(next.second, "for me");
            char bytes[8];
            const auto got = co_await io::receive{.socket = next.first, .buffer = bytes};
            CHECK(*got == 6);
            CHECK(old_bytes[0] == 0);
        }
    };

    run_body(body);
}

TEST_CASE("ten thousand pending operations are ended by far fewer system calls") {
    const auto silent = make_socket_pair();
    auto body = [&]() -> io::task<std::uint64_t> {
        constexpr std::size_t many = 10'000;
        std::vector<char> bytes(many);
        io::ring& kernel = *io::home::current().kernel();
        io::task_scope scope;
        const auto wait = [](io::descriptor_ref from, char& into) -> io::task<> {
            (void)co_await io::receive{.socket = from, .buffer = std::span(&into, 1)};
        };
        for (auto& each : bytes)
            scope.spawn(wait, io::descriptor_ref(silent.first), std::ref(each));
        (void)co_await io::sleep_for(1ms);
        CHECK(kernel.in_flight() > many);
        const auto before = kernel.system_calls();
        scope.cancel();
        co_await scope.join();
        co_return kernel.system_calls() - before;
    };

    const auto calls = run_body(body);

    MESSAGE("system calls: " << calls);
    CHECK(calls < 10'000 / 10);
}
