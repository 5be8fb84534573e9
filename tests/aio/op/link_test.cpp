#include "aio/op/link.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/file.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "aio/op/nop.hpp"
#include "aio/op/pipe.hpp"
#include "aio/op/socket.hpp"
#include "aio/op/timeout.hpp"
#include "aio/op/zero_copy.hpp"
#include "runtime/ring.hpp"
#include "runtime/scope.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/loopback.hpp"
#include "tests/stress/races.hpp"
#include "tests/whole_batches.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::scheduler_options with_entries(unsigned count) {
    io::scheduler_options options;
    options.ring.entries = count;
    return options;
}

}  // namespace

TEST_CASE("link: members run one after the other, each with its result") {
    const whole_batches always;
    const scratch place;
    const auto file = made(place.file());
    auto body = [&]() -> io::task<> {
        for (int round = 0; round < 100; ++round) {
            const std::string text = "round " + std::to_string(round);
            std::string back(text.size(), '\0');
            auto all = co_await io::link(io::write{.file = file, .buffer = text, .offset = 0},
                                         io::fsync{.file = file},
                                         io::read{.file = file, .buffer = back, .offset = 0});
            CHECK(all);
            CHECK(all.broken() == 3);
            CHECK(*all.get<0>() == text.size());
            CHECK(all.get<1>());
            CHECK(back == text);
        }
    };

    run_body(body);
}

TEST_CASE("link: an error breaks the chain, and what follows does not begin") {
    const whole_batches always;
    const scratch place;
    const auto file = made(place.file(), "kept");
    auto body = [&]() -> io::task<> {
        char bytes[4];
        auto broken =
            co_await io::link(io::nop{}, io::read{.file = -1, .buffer = bytes, .offset = 0},
                              io::write{.file = file, .buffer = "lost", .offset = 0});
        CHECK(!broken);
        CHECK(broken.broken() == 1);
        CHECK(broken.error() == std::errc::bad_file_descriptor);
        CHECK(broken.get<0>());
        CHECK(broken.get<2>().error() == io::error::canceled);
        CHECK(taken_from(file) == "kept");
    };

    run_body(body);
}

TEST_CASE("link: a short transfer breaks the chain, and is the one that did") {
    const whole_batches always;
    const scratch place;
    const auto file = made(place.file(), "four");
    auto body = [&]() -> io::task<> {
        char bytes[8];
        auto broken = co_await io::link(io::read{.file = file, .buffer = bytes, .offset = 0},
                                        io::write{.file = file, .buffer = "lost", .offset = 0});
        CHECK(!broken);
        CHECK(broken.broken() == 0);
        CHECK(*broken.get<0>() == 4);
        CHECK(broken.get<1>().error() == io::error::canceled);
    };

    run_body(body);
}

TEST_CASE("link_hard: what follows a failed member begins all the same") {
    const whole_batches always;
    const scratch place;
    const auto file = made(place.file(), "1234");
    auto body = [&]() -> io::task<> {
        char bytes[8];
        auto all = co_await io::link_hard(io::read{.file = -1, .buffer = bytes, .offset = 0},
                                          io::read{.file = file, .buffer = bytes, .offset = 0},
                                          io::write{.file = file, .buffer = "done", .offset = 0});
        CHECK(!all);
        CHECK(all.broken() == 0);
        CHECK(*all.get<1>() == 4);
        CHECK(*all.get<2>() == 4);
    };

    run_body(body);
}

TEST_CASE("link: a deadline covers the chain, and ends the member that runs") {
    const whole_batches always;
    const auto ends = make_pipe();
    const scratch place;
    const auto file = made(place.file(), "kept");
    auto body = [&]() -> io::task<> {
        char bytes[4];
        auto late = co_await io::within(
            2ms, io::link(io::nop{}, io::read{.file = ends.first, .buffer = bytes},
                          io::write{.file = file, .buffer = "lost", .offset = 0}));
        CHECK(late.error() == io::error::timed_out);
        CHECK(late.broken() == 1);
        CHECK(late.get<0>());
        CHECK(late.get<1>().error() == io::error::timed_out);
        CHECK(late.get<2>().error() == io::error::timed_out);
        CHECK(taken_from(file) == "kept");
    };

    run_body(body);
}

TEST_CASE("link: a deadline ends the member that runs, not one whose memory is still needed") {
    const whole_batches always;
    auto ends = make_tcp_pair();
    const auto quiet = make_pipe();
    const int small = 4096;
    REQUIRE(::setsockopt(ends.second.number(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
    // More than the peer has room for, and less than this socket: sent, and not let go of.
    const std::string bytes(200'000, 'z');
    auto body = [&]() -> io::task<> {
        char byte[1];
        bool let_go = false;
        auto chained = [&]() -> io::task<> {
            auto late = co_await io::within(
                5ms, io::link(io::send_zero_copy{.socket = ends.first, .buffer = bytes},
                              io::read{.file = quiet.first, .buffer = byte}));
            CHECK(let_go);
            CHECK(late.error() == io::error::timed_out);
            CHECK(late.get<0>()->count == bytes.size());
            CHECK(late.get<1>().error() == io::error::timed_out);
        };
        auto receiving = [&]() -> io::task<> {
            (void)co_await io::sleep_for(30ms);
            let_go = true;
            std::array<char, 4096> some;
            for (std::size_t left = bytes.size(); left > 0;)
                left -= *co_await io::receive{.socket = ends.second, .buffer = some};
        };
        co_await io::when_all(chained(), receiving());
    };

    run_body(body);
}

TEST_CASE("link: a cancel that comes as one member ends reaches the next one") {
    const whole_batches always;
    int first_done = 0, second_cancelled = 0, neither = 0;
    auto body = [&]() -> io::task<> {
        for (int round = 0; round < 400; ++round) {
            const auto ends = make_pipe();
            const auto silent = make_pipe();
            char a[1], b[1];
            io::task_scope scope;
            scope.spawn([&]() -> io::task<> {
                auto all = co_await io::link(io::read{.file = ends.first, .buffer = a},
                                             io::read{.file = silent.first, .buffer = b});
                CHECK(!all);
                if (all.get<0>()) ++first_done;
                if (all.get<1>().error() == io::error::canceled) ++second_cancelled;
                if (!all.get<0>()) ++neither;
            });
            (void)co_await io::sleep_for(50us);
            if (round % 2 == 0) put(ends.second, "x");
            scope.cancel();
            const auto joined = co_await io::within(5s, scope.join());
            REQUIRE(joined);
        }
    };

    run_body(body);

    CHECK(second_cancelled == 400);
    CHECK(first_done + neither == 400);
    CHECK(neither >= 200);
}

TEST_CASE("link_hard: a cancel ends all of it") {
    const whole_batches always;
    const auto ends = make_pipe();
    auto body = [&]() -> io::task<> {
        char a[1], b[1], c[1];
        auto raced = co_await io::when_any(io::link_hard(io::read{.file = ends.first, .buffer = a},
                                                         io::read{.file = ends.first, .buffer = b},
                                                         io::read{.file = ends.first, .buffer = c}),
                                           io::sleep_for(1ms));
        CHECK(raced.index == 1);
        auto& all = raced.get<0>();
        CHECK(all.get<0>().error() == io::error::canceled);
        CHECK(all.get<1>().error() == io::error::canceled);
        CHECK(all.get<2>().error() == io::error::canceled);
    };

    run_body(body);
}

TEST_CASE("link: a queue that is nearly full takes chains whole, in order") {
    const whole_batches always;
    const scratch place;
    const auto file = made(place.file());
    auto chains = [&]() -> io::task<int> {
        int whole = 0;
        io::task_scope scope;
        auto one = [&](int number) -> io::task<> {
            const std::string text(8, static_cast<char>('a' + number % 26));
            std::string back(8, '\0');
            const auto offset = static_cast<std::uint64_t>(number) * 8;
            auto all = co_await io::link(io::write{.file = file, .buffer = text, .offset = offset},
                                         io::nop{},
                                         io::read{.file = file, .buffer = back, .offset = offset});
            if (all && back == text) ++whole;
        };
        for (int number = 0; number < 500; ++number) scope.spawn(one, number);
        co_await scope.join();
        co_return whole;
    };

    for (const unsigned entries : {4U, 8U, 256U})
        CHECK(io::run(chains(), with_entries(entries)) == 500);
}

TEST_CASE("link: a chain that is longer than the queue is refused") {
    const whole_batches always;
    auto body = []() -> io::task<std::error_code> {
        const io::nop n;
        auto all = co_await io::link(n, n, n, n, n, n, n, n, n, n);
        CHECK(all.get<9>().error() == all.error());
        co_return all.error();
    };

    CHECK(io::run(body(), with_entries(8)) == std::errc::argument_list_too_long);
}

TEST_CASE("link: a chain on a cancelled strand, or one destroyed, begins nothing it does not end") {
    const whole_batches always;
    const auto ends = make_pipe();
    const auto before = open_descriptors();
    auto body = [&]() -> io::task<> {
        {
            io::task_scope scope;
            scope.cancel();
            scope.spawn([&]() -> io::task<> {
                char a[1];
                auto all = co_await io::link(io::nop{}, io::read{.file = ends.first, .buffer = a});
                CHECK(all.error() == io::error::canceled);
                CHECK(all.broken() == 0);
                CHECK(all.get<0>().error() == io::error::canceled);
            });
            co_await scope.join();
        }
        {
            io::task_scope scope;
            scope.spawn([&]() -> io::task<> {
                char a[1];
                (void)co_await io::link(io::socket{}, io::read{.file = ends.first, .buffer = a});
            });
            (void)co_await io::sleep_for(1ms);
        }
    };

    run_body(body);

    CHECK(open_descriptors() == before);
}

TEST_CASE("link: what a member made is the awaiter's") {
    const whole_batches always;
    auto body = []() -> io::task<> {
        auto all = co_await io::link(io::socket{}, io::socket{.family = io::address_family::v6});
        REQUIRE(all.get<0>());
        const io::descriptor mine = *std::move(all.get<0>());
        CHECK(is_open(mine.number()));
    };

    run_body(body);
}

TEST_CASE("link: closing a guarded descriptor ends its chain before the number is free") {
    const whole_batches always;
    auto body = []() -> io::task<> {
        auto ends = make_socket_pair();
        const int number = ends.first.number();
        io::guarded_descriptor guarded(std::move(ends.first));
        io::task_scope scope;
        bool ended = false;
        scope.spawn([&]() -> io::task<> {
            char a[1], b[1];
            auto all =
                co_await guarded.guard(io::link(io::receive{.socket = guarded.ref(), .buffer = a},
                                                io::receive{.socket = guarded.ref(), .buffer = b}));
            CHECK(all.error() == io::error::closed);
            CHECK(all.get<1>().error() == io::error::closed);
            ended = true;
        });
        (void)co_await io::sleep_for(1ms);
        guarded.close();
        CHECK(is_open(number));
        co_await scope.join();
        CHECK(ended);
        CHECK(!is_open(number));
        const auto refused = co_await guarded.guard(io::link(io::nop{}, io::nop{}));
        CHECK(refused.error() == io::error::closed);
    };

    run_body(body);
}

TEST_CASE("link: a cancel between two members, of which the next has not begun, is not lost") {
    const whole_batches always;
    auto body = []() -> io::task<> {
        for (int round = 0; round < 50; ++round) {
            const auto first = make_pipe();
            const auto silent = make_pipe();
            const auto signal = make_pipe();
            io::task_scope scope;
            std::error_code told;
            scope.spawn([&]() -> io::task<> {
                char a[1], b[1];
                auto all = co_await io::link(io::read{.file = first.first, .buffer = a},
                                             io::read{.file = silent.first, .buffer = b});
                told = all.get<1>().error();
            });
            scope.spawn([&]() -> io::task<> {
                char c[1];
                (void)co_await io::shield(io::read{.file = signal.first, .buffer = c});
                scope.cancel();
            });
            (void)co_await io::sleep_for(200us);
            // Both are heard of in one look at the kernel: the cancel comes between two members.
            put(first.second, "x");
            put(signal.second, "x");
            const auto joined = co_await io::within(2s, scope.join());
            REQUIRE(joined);
            CHECK(told == io::error::canceled);
        }
    };

    run_body(body);
}
