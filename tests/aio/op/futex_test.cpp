#include "aio/op/futex.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <ostream>
#include <system_error>
#include <thread>

#include <doctest/doctest.h>

#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using word = std::atomic<std::uint32_t>;

bool known_here() {
    const bool known = io::futex_wait::supported(*io::scheduler().kernel());
    if (!known) MESSAGE("skipped: this kernel has no futexes in io_uring");
    return known;
}

}  // namespace

TEST_CASE("futex: the entries have word, value, mask and scope") {
    word value{7};
    const auto waiting = prepared(io::futex_wait{.word = &value, .expected = 7, .mask = 3});
    const auto waking =
        prepared(io::futex_wake{.word = &value, .at_most = 5, .scope = io::futex_scope::shared});

    CHECK((waiting.opcode == 51 && waiting.fd == 0x82 && waiting.off == 7 && waiting.addr3 == 3));
    CHECK((waking.opcode == 52 && waking.fd == 0x02 && waking.off == 5));
    CHECK(waking.addr3 == 0xffffffff);
    for (const auto& entry : {waiting, waking}) {
        CHECK((entry.addr == address_of(&value) && entry.len == 0 && entry.rw_flags == 0));
        CHECK(is_clean(entry));
    }
}

TEST_CASE("futex: a task waits for a thread, and a thread for a task") {
    if (!known_here()) return;
    word there{0};
    word back{0};
    std::thread other([&] {
        there = 1;
        // Nobody may wait yet: woken until somebody has been.
        while (back == 0) {
            (void)io::run([](word& at) -> io::task<io::result<std::size_t>> {
                co_return co_await io::futex_wake{.word = &at};
            }(there));
        }
    });
    auto body = [&]() -> io::task<std::error_code> {
        std::error_code why;
        while (there == 0 && !why) {
            const auto woken = co_await io::futex_wait{.word = &there, .expected = 0};
            if (woken.error() != std::errc::resource_unavailable_try_again) why = woken.error();
        }
        back = 1;
        co_return why;
    };

    const auto outcome = run_body(body);
    other.join();

    CHECK(!outcome);
}

TEST_CASE("futex: another value, a deadline and a cancel end the wait") {
    if (!known_here()) return;
    word value{1};
    auto body = [&]() -> io::task<> {
        const auto other = co_await io::futex_wait{.word = &value, .expected = 0};
        CHECK(other.error() == std::errc::resource_unavailable_try_again);
        const auto late = co_await io::within(2ms, io::futex_wait{.word = &value, .expected = 1});
        CHECK(late.error() == io::error::timed_out);
        io::task_scope scope;
        io::error expected{};
        scope.spawn([&]() -> io::task<> {
            const auto ended = co_await io::futex_wait{.word = &value, .expected = 1};
            if (ended.error() == io::error::canceled) expected = io::error::canceled;
        });
        (void)co_await io::sleep_for(1ms);
        scope.cancel();
        co_await scope.join();
        CHECK(expected == io::error::canceled);
        const auto nobody = co_await io::futex_wake{.word = &value, .at_most = 9};
        CHECK(*nobody == 0);
    };

    run_body(body);
}

TEST_CASE("futex: one of several words is waited for") {
    word one{1}, other{2};
    const std::array<io::futex_word, 2> words{io::futex_word(one, 1), io::futex_word(other, 2)};
    const auto entry = prepared(io::futex_wait_any{.words = words});
    CHECK((entry.opcode == 53 && entry.addr == address_of(words.data()) && entry.len == 2));
    CHECK(is_clean(entry));
    if (!known_here()) return;
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        std::size_t woken = 9;
        scope.spawn([&]() -> io::task<> {
            const auto which = co_await io::futex_wait_any{.words = words};
            if (which) woken = *which;
        });
        (void)co_await io::sleep_for(1ms);
        const auto count = co_await io::futex_wake{.word = &other};
        CHECK(*count == 1);
        co_await scope.join();
        CHECK(woken == 1);
        const auto late = co_await io::within(1ms, io::futex_wait_any{.words = words});
        CHECK(late.error() == io::error::timed_out);
        other = 3;
        const auto changed = co_await io::futex_wait_any{.words = words};
        CHECK(changed.error() == std::errc::resource_unavailable_try_again);
        const auto none = co_await io::futex_wait_any{.words = {}};
        CHECK(none.error() == std::errc::invalid_argument);
    };

    run_body(body);
}
