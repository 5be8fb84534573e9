#include <limits.h>
#include <sys/uio.h>

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/file.hpp"
#include "aio/op/fixed.hpp"
#include "aio/op/message.hpp"
#include "aio/op/nop.hpp"
#include "aio/op/pipe.hpp"
#include "aio/op/pooled.hpp"
#include "aio/op/socket.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/scratch.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Maps memory that reads as a length without bytes behind it.
io::buffer_view nowhere(std::size_t size) {
    return {reinterpret_cast<void*>(std::uintptr_t{4096}), size};
}

}  // namespace

TEST_CASE("a bad descriptor is a result, for every kind of operation") {
    auto body = []() -> io::task<> {
        char bytes[4];
        const std::array<io::buffer_view, 1> views{bytes};
        for (const int number : {-1, 999'999}) {
            const auto read = co_await io::read{.file = number, .buffer = bytes};
            CHECK(read.error() == std::errc::bad_file_descriptor);
            const auto write = co_await io::write{.file = number, .buffer = bytes};
            CHECK(write.error() == std::errc::bad_file_descriptor);
            const auto received = co_await io::receive{.socket = number, .buffer = bytes};
            CHECK(received.error() == std::errc::bad_file_descriptor);
            const auto sent = co_await io::send{.socket = number, .buffer = bytes};
            CHECK(sent.error() == std::errc::bad_file_descriptor);
            const auto message = co_await io::receive_message{.socket = number, .buffers = views};
            CHECK(message.error() == std::errc::bad_file_descriptor);
            const auto peer = co_await io::accept{.socket = number};
            CHECK(peer.error() == std::errc::bad_file_descriptor);
            const auto synced = co_await io::fsync{.file = number};
            CHECK(synced.error() == std::errc::bad_file_descriptor);
            const auto moved = co_await io::splice{.from = number, .to = number, .size = 1};
            CHECK(moved.error() == std::errc::bad_file_descriptor);
        }
    };

    run_body(body);
}

TEST_CASE("memory that is not there is a result, and nothing is lost by it") {
    const auto ends = make_socket_pair();
    auto body = [&]() -> io::task<> {
        put(ends.second, "kept");
        const auto bad = co_await io::receive{.socket = ends.first, .buffer = nowhere(16)};
        CHECK(bad.error() == std::errc::bad_address);
        CHECK(taken_from(ends.first) == "kept");
        const auto sent = co_await io::send{
            .socket = ends.first, .buffer = io::const_buffer_view(nowhere(16).data(), 16)};
        CHECK(sent.error() == std::errc::bad_address);
        const auto nothing = co_await io::send{.socket = ends.first, .buffer = {}};
        CHECK(*nothing == 0);
        const auto none = co_await io::receive{.socket = ends.first, .buffer = {}};
        CHECK(*none == 0);
    };

    run_body(body);
}

TEST_CASE("an offset of -1 is the file's own position, and moves it") {
    const scratch place;
    const auto file = made(place.file(), "abcdef");
    auto body = [&]() -> io::task<> {
        char bytes[2];
        for (const char* expected : {"ab", "cd", "ef"}) {
            const auto got =
                co_await io::read{.file = file, .buffer = bytes, .offset = io::current_position};
            REQUIRE(got);
            CHECK(std::string(bytes, *got) == expected);
        }
        const auto end = co_await io::read{.file = file, .buffer = bytes};
        CHECK(*end == 0);
    };

    run_body(body);
}

TEST_CASE("a place that nothing is registered in is a result") {
    const scratch place;
    const auto file = made(place.file(), "text");
    auto body = [&]() -> io::task<> {
        // No table at all.
        const auto none = co_await io::read_fixed{.file = file, .buffer = {}, .offset = 0};
        CHECK(none.error() == std::errc::bad_address);
        const auto unpicked = co_await io::splice{.from = file, .to = file, .size = 1};
        CHECK(unpicked.error() == std::errc::invalid_argument);
    };

    run_body(body);
}

TEST_CASE("too many buffers are refused, and a total that is too long is cut") {
    const auto ends = make_pipe();
    const scratch place;
    const auto file = made(place.file());
    auto body = [&]() -> io::task<> {
        char bytes[8];
        const std::vector<io::buffer_view> many(IOV_MAX + 1, bytes);
        const auto refused = co_await io::readv{.file = ends.first, .buffers = many};
        CHECK(refused.error() == std::errc::invalid_argument);
        const auto message = co_await io::receive_message{.socket = ends.first, .buffers = many};
        CHECK((message.error() == std::errc::message_size ||
               message.error() == std::errc::not_a_socket));

        // Longer than any transfer: what there is room for is done.
        put(ends.second, "short");
        std::vector<char> room(16);
        const io::buffer_view longer(room.data(), std::size_t{1} << 40);
        const auto read = co_await io::read{.file = ends.first, .buffer = longer};
        CHECK(*read == 5);
        const std::array<io::buffer_view, 2> views{
            io::buffer_view(room.data(), io::longest_transfer),
            io::buffer_view(room.data(), io::longest_transfer)};
        put(ends.second, "again");
        const auto scattered = co_await io::readv{.file = ends.first, .buffers = views};
        CHECK(*scattered == 5);
    };

    run_body(body);
}

TEST_CASE("a path that is too long is a result") {
    auto body = []() -> io::task<> {
        const std::string path(PATH_MAX + 1, 'x');
        const auto opened = co_await io::open{.path = path};
        CHECK(opened.error() == std::errc::filename_too_long);
        const std::string name(NAME_MAX + 1, 'x');
        const auto other = co_await io::open{.path = name};
        CHECK(other.error() == std::errc::filename_too_long);
    };

    run_body(body);
}

TEST_CASE("a bad entry in a batch harms only itself") {
    const auto ends = make_pipe();
    auto body = [&]() -> io::task<> {
        char bytes[4];
        put(ends.second, "good");
        auto all = co_await io::when_all(io::nop{}, io::read{.file = -1, .buffer = bytes},
                                         io::advise{.file = ends.first, .advice = 12345},
                                         io::read{.file = ends.first, .buffer = bytes}, io::nop{});
        CHECK(std::get<0>(all));
        CHECK(std::get<1>(all).error() == std::errc::bad_file_descriptor);
        CHECK(std::get<2>(all).error());
        CHECK(*std::get<3>(all) == 4);
        CHECK(std::get<4>(all));
    };

    run_body(body);
}
