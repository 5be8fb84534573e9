#include "aio/op/guarded_descriptor.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <ostream>
#include <tuple>

#include <doctest/doctest.h>

#include "aio/op/file.hpp"
#include "aio/op/nop.hpp"
#include "aio/op/poll.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<io::result<std::size_t>> reading(io::guarded_descriptor& from, io::buffer_view into) {
    co_return co_await from.guard(io::read{.file = from.ref(), .buffer = into});
}

}  // namespace

TEST_CASE("a guarded descriptor closes its number when it goes, and once it is closed has none") {
    auto ends = make_pipe();
    const int first = ends.first.number();
    const int second = ends.second.number();
    auto body = [&]() -> io::task<> {
        io::guarded_descriptor closed(std::move(ends.second));
        const io::guarded_descriptor gone(std::move(ends.first));
        closed.close();
        closed.close();
        CHECK_FALSE(closed.is_open());
        CHECK_FALSE(closed.ref());
        CHECK_FALSE(is_open(second));
        CHECK(gone.is_open());
        CHECK(gone.ref().number() == first);
        co_return;
    };

    run_body(body);

    CHECK_FALSE(is_open(first));
}

TEST_CASE("close ends what is pending with closed, and then the number is free") {
    auto ends = make_pipe();
    const int number = ends.first.number();
    std::array<char, 8> buffer;
    auto body = [&]() -> io::task<> {
        io::guarded_descriptor file(std::move(ends.first));
        auto closing = [&]() -> io::task<bool> {
            std::ignore = co_await io::nop{};
            file.close();
            co_return is_open(number);
        };
        auto both = co_await io::when_all(reading(file, buffer), closing());
        CHECK(std::get<0>(both).error() == io::error::closed);
        CHECK(std::get<1>(both));  // The kernel had not let go yet.
        CHECK_FALSE(is_open(number));
    };

    run_body(body);
}

TEST_CASE("operations on a closed descriptor fail at once with closed, also on one never opened") {
    auto ends = make_pipe();
    put(ends.second, "there");
    std::array<char, 8> buffer;
    auto body = [&]() -> io::task<> {
        io::guarded_descriptor file(std::move(ends.first));
        io::guarded_descriptor nothing;
        file.close();
        nothing.close();
        const auto from_closed = co_await reading(file, buffer);
        const auto from_nothing = co_await reading(nothing, buffer);
        CHECK(from_closed.error() == io::error::closed);
        CHECK(from_nothing.error() == io::error::closed);
    };

    run_body(body);
}

TEST_CASE("destroyed and moved under its operations, they end with closed") {
    auto ends = make_pipe();
    const int number = ends.first.number();
    std::array<char, 8> buffer;
    auto body = [&]() -> io::task<> {
        io::guarded_descriptor file(std::move(ends.first));
        auto going = [&]() -> io::task<> {
            std::ignore = co_await io::nop{};
            const io::guarded_descriptor taken(std::move(file));
            co_await io::yield();
        };
        auto both = co_await io::when_all(reading(file, buffer), going());
        CHECK(std::get<0>(both).error() == io::error::closed);
    };

    run_body(body);

    CHECK_FALSE(is_open(number));
}

TEST_CASE("a guarded operation has deadlines as any other") {
    auto ends = make_pipe();
    std::array<char, 8> buffer;
    auto body = [&]() -> io::task<> {
        const io::guarded_descriptor file(std::move(ends.first));
        const auto late =
            co_await io::within(1ms, file.guard(io::read{.file = file.ref(), .buffer = buffer}));
        CHECK(late.error() == io::error::timed_out);
        put(ends.second, "data");
        const auto got =
            co_await io::within(0s, file.guard(io::read{.file = file.ref(), .buffer = buffer}));
        CHECK(*got == 4);
    };

    run_body(body);
}

TEST_CASE("data beats close: bytes that had arrived are delivered") {
    auto ends = make_pipe();
    std::array<char, 8> buffer;
    auto body = [&]() -> io::task<> {
        io::guarded_descriptor file(std::move(ends.first));
        put(ends.second, "data");
        auto closing = [&]() -> io::task<> {
            file.close();
            co_return;
        };
        auto both = co_await io::when_all(
            file.guard(io::read{.file = file.ref(), .buffer = buffer}), closing());
        CHECK(*std::get<0>(both) == 4);
    };

    run_body(body);
}

TEST_CASE("a sequence delivers what had come, ends with closed, and keeps the number until then") {
    auto ends = make_pipe();
    const int number = ends.first.number();
    auto body = [&]() -> io::task<> {
        io::guarded_descriptor file(std::move(ends.first));
        auto ready = file.guard_each(io::poll{.file = file.ref()});
        auto never_begun = file.guard_each(io::poll{.file = file.ref()});
        put(ends.second, "data");
        auto first = co_await ready.next();
        put(ends.second, "more");
        while (ready.queued() == 0) std::ignore = co_await io::nop{};

        file.close();
        CHECK(is_open(number));  // The kernel has not let go yet.
        const auto queued = co_await ready.next();
        const auto end = co_await ready.next();
        const auto of_other = co_await never_begun.next();

        CHECK(first);
        CHECK(queued);
        CHECK(end.error() == io::error::closed);
        CHECK(of_other.error() == io::error::closed);
        CHECK_FALSE(is_open(number));
    };

    run_body(body);
}

TEST_CASE("a sequence outlives the owner of its descriptor, and of a closed one has ended") {
    auto ends = make_pipe();
    const int number = ends.first.number();
    auto body = [&]() -> io::task<> {
        auto file = std::make_unique<io::guarded_descriptor>(std::move(ends.first));
        auto ready = file->guard_each(io::poll{.file = file->ref()});
        const auto nothing = co_await io::within(0s, ready.next());
        file.reset();
        const auto end = co_await ready.next();
        const auto again = co_await ready.next();
        io::guarded_descriptor none;
        auto of_none = none.guard_each(io::poll{.file = none.ref()});
        const auto closed = co_await of_none.next();

        CHECK(nothing.error() == io::error::timed_out);
        CHECK(end.error() == io::error::closed);
        CHECK(again.error() == io::error::closed);
        CHECK(closed.error() == io::error::closed);
        CHECK_FALSE(is_open(number));
    };

    run_body(body);
}
