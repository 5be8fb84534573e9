#include "aio/op/ring_message.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/direct.hpp"
#include "aio/op/file.hpp"
#include "aio/op/socket.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/dies_with.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

bool known_here() {
    const bool known = io::capabilities().since({6, 3});
    if (!known) MESSAGE("skipped: this kernel's messages have no flags");
    return known;
}

using address = io::ring_inbox::address;

/// Runs `send(where)` on a scheduler of another thread.
template <class Send>
std::thread from_elsewhere(address where, Send send) {
    return std::thread([where = std::move(where), send] { io::run(send(where)); });
}

}  // namespace

TEST_CASE("ring messages: words arrive from another thread, in order") {
    if (!known_here()) return;
    auto body = []() -> io::task<> {
        io::ring_inbox inbox;
        auto sender = from_elsewhere(inbox.where(), [](address to) -> io::task<> {
            for (std::uint32_t word = 0; word < 1000; ++word) {
                const auto sent = co_await io::send_word{.to = to, .word = word};
                CHECK(sent);
            }
            const auto largest = co_await io::send_word{.to = to, .word = UINT32_MAX};
            CHECK(largest);
        });
        std::uint32_t wrong = 0;
        for (std::uint32_t expected = 0; expected < 1000; ++expected) {
            const auto message = co_await inbox.next();
            if (!message || message->word != expected || message->file) ++wrong;
        }
        CHECK(wrong == 0);
        const auto last = co_await inbox.next();
        CHECK(last->word == UINT32_MAX);
        sender.join();
        const auto none = co_await io::within(1ms, inbox.next());
        CHECK(none.error() == io::error::timed_out);
    };

    run_body(body);
}

TEST_CASE("ring messages: a descriptor changes its owner, with a number or without") {
    if (!known_here()) return;
    for (const bool direct : {false, true}) {
        const auto ends = make_pipe();
        auto body = [&]() -> io::task<> {
            io::direct_table table(2);
            io::ring_inbox inbox(&table);
            auto sender = from_elsewhere(inbox.where(), [&](address to) -> io::task<> {
                io::direct_table own(1);
                auto file = io::descriptor::adopt(::dup(ends.second.number()));
                if (direct) {
                    auto made = co_await io::make_direct{.file = file, .into = own};
                    file = *std::move(made);
                }
                const auto sent = co_await io::send_descriptor{.to = to, .file = file};
                CHECK(sent);
                CHECK(!file);
                CHECK(own.open() == 0);
            });
            auto message = co_await io::within(5s, inbox.next());
            sender.join();
            REQUIRE(message);
            CHECK(message->file.is_direct() == direct);
            const auto wrote = co_await io::write{.file = message->file, .buffer = "handed over"};
            CHECK(*wrote == 11);
            CHECK(taken_from(ends.first) == "handed over");
        };

        run_body(body);
    }
}

TEST_CASE("ring messages: what cannot be handed over stays with its owner") {
    if (!known_here()) return;
    auto body = []() -> io::task<> {
        io::direct_table full(1);
        auto last = co_await io::socket{.into = &full};
        io::ring_inbox inbox(&full);
        auto sender = from_elsewhere(inbox.where(), [](address to) -> io::task<> {
            io::direct_table own(1);
            auto file = co_await io::socket{.into = &own};
            const auto sent = co_await io::send_descriptor{.to = to, .file = *file};
            CHECK(sent.error() == std::errc::too_many_files_open_in_system);
            CHECK(own.open() == 1);
        });
        const auto none = co_await io::within(50ms, inbox.next());
        CHECK(none.error() == io::error::timed_out);
        sender.join();
    };
    auto without_table = []() -> io::task<> {
        io::ring_inbox inbox;
        auto sender = from_elsewhere(inbox.where(), [](address to) -> io::task<> {
            io::direct_table own(1);
            auto file = co_await io::socket{.into = &own};
            const auto sent = co_await io::send_descriptor{.to = to, .file = *file};
            CHECK(sent.error() == std::errc::no_such_device_or_address);
            CHECK(own.open() == 1);
        });
        sender.join();
        co_return;
    };

    run_body(body);
    run_body(without_table);
}

TEST_CASE("ring messages: to an inbox of the same ring the way is short") {
    auto body = []() -> io::task<> {
        io::direct_table table(2);
        io::ring_inbox inbox(&table);
        io::ring_inbox without_table;
        const auto word = co_await io::send_word{.to = inbox.where(), .word = 7};
        if (!known_here()) {
            CHECK(word.error() == std::errc::function_not_supported);
            co_return;
        }
        CHECK(word);
        auto file = co_await io::socket{.into = &table};
        const auto refused =
            co_await io::send_descriptor{.to = without_table.where(), .file = *file};
        CHECK(refused.error() == std::errc::no_such_device_or_address);
        const auto sent = co_await io::send_descriptor{.to = inbox.where(), .file = *file};
        CHECK(sent);
        auto numbered = co_await io::socket{};
        const auto also = co_await io::send_descriptor{.to = inbox.where(), .file = *numbered};
        CHECK(also);

        const auto first = co_await inbox.next();
        const auto second = co_await inbox.next();
        const auto third = co_await inbox.next();
        CHECK(first->word == 7);
        CHECK(second->file.is_direct());
        CHECK(third->file.number() >= 0);
        CHECK(table.open() == 1);
    };

    run_body(body);
}

TEST_CASE("ring messages: what nobody took is closed, and a later sender is told so") {
    if (!known_here()) return;
    const auto before = open_descriptors();
    auto body = []() -> io::task<> {
        io::direct_table table(4);
        auto inbox = std::make_unique<io::ring_inbox>(&table);
        const address where = inbox->where();
        auto sender = from_elsewhere(where, [](address to) -> io::task<> {
            io::direct_table own(1);
            auto direct = co_await io::socket{.into = &own};
            auto numbered = co_await io::socket{};
            const auto one = co_await io::send_descriptor{.to = to, .file = *direct};
            const auto other = co_await io::send_descriptor{.to = to, .file = *numbered};
            CHECK(one);
            CHECK(other);
        });
        sender.join();
        inbox.reset();
        CHECK(table.open() == 0);
        const auto late = co_await io::send_word{.to = where, .word = 1};
        CHECK(late.error() == io::error::closed);
        auto file = co_await io::socket{};
        const auto kept = co_await io::send_descriptor{.to = where, .file = *file};
        CHECK(kept.error() == io::error::closed);
        CHECK(*file);
    };

    run_body(body);

    CHECK(open_descriptors() == before);
}

TEST_CASE("ring messages: an inbox that ends in a storm loses nothing that was sent") {
    if (!known_here()) return;
    std::uint64_t sent_all = 0, taken_all = 0, refused_all = 0;
    for (int round = 0; round < 50; ++round) {
        auto body = [&]() -> io::task<> {
            auto inbox = std::make_unique<io::ring_inbox>();
            std::promise<std::pair<int, int>> told;
            auto outcome = told.get_future();
            auto sender = from_elsewhere(inbox->where(), [&](address to) -> io::task<> {
                int sent = 0, refused = 0;
                for (int i = 0; i < 200; ++i) {
                    const auto one = co_await io::send_word{.to = to, .word = 1};
                    if (one)
                        ++sent;
                    else if (one.error() == io::error::closed)
                        ++refused;
                }
                told.set_value({sent, refused});
            });
            int taken = 0;
            while (taken < 20 + round) {
                const auto message = co_await inbox->next();
                if (!message) break;
                ++taken;
            }
            inbox.reset();
            sender.join();
            const auto [sent, refused] = outcome.get();
            CHECK(sent + refused == 200);
            CHECK(sent >= taken);
            sent_all += static_cast<std::uint64_t>(sent);
            refused_all += static_cast<std::uint64_t>(refused);
            taken_all += static_cast<std::uint64_t>(taken);
        };
        run_body(body);
    }
    MESSAGE("sent " << sent_all << ", taken " << taken_all << ", refused " << refused_all);
}

TEST_CASE("ring messages: an inbox that is destroyed under a wait is a mistake that is named") {
    auto body = []() -> io::task<> {
        auto inbox = std::make_unique<io::ring_inbox>();
        io::task_scope scope;
        scope.spawn([](io::ring_inbox& from) -> io::task<> { (void)co_await from.next(); },
                    std::ref(*inbox));
        (void)co_await io::sleep_for(1ms);
        inbox.reset();
    };

    CHECK(dies_with("while its next message is waited for", [&] { run_body(body); }));
}
