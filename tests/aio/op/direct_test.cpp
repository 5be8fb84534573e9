#include "aio/op/direct.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/address.hpp"
#include "aio/op/attribute.hpp"
#include "aio/op/file.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "aio/op/message.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/pipe.hpp"
#include "aio/op/poll.hpp"
#include "aio/op/pooled.hpp"
#include "aio/op/socket.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/ring.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/dies_with.hpp"
#include "tests/loopback.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// An entry has no place in a coroutine's frame.
template <class Call>
bool names_direct(const Call& call, int place) {
    const io_uring_sqe entry = prepared(call);
    return entry.flags == IOSQE_FIXED_FILE && entry.fd == place;
}

template <class Call>
bool takes_any_place(const Call& call, int flags) {
    const io_uring_sqe entry = prepared(call);
    return entry.file_index == IORING_FILE_INDEX_ALLOC && entry.rw_flags == flags;
}

void check_entries(io::direct_table& table, const io::descriptor& direct) {
    io::descriptor_ref ref = direct;
    CHECK(ref.is_direct());
    CHECK(ref.process_number() == -1);
    const int place = ref.number();
    char bytes[4];
    const std::array<io::buffer_view, 1> views{bytes};
    const std::array<io::const_buffer_view, 1> const_views{"text"};
    CHECK(names_direct(io::receive{.socket = direct, .buffer = bytes}, place));
    CHECK(names_direct(io::send{.socket = direct, .buffer = bytes}, place));
    CHECK(names_direct(io::receive_message{.socket = direct, .buffers = views}, place));
    CHECK(names_direct(io::send_message{.socket = direct, .buffers = const_views}, place));
    CHECK(names_direct(io::accept{.socket = direct}, place));
    CHECK(names_direct(io::connect{.socket = direct, .address = {}}, place));
    CHECK(names_direct(io::bind{.socket = direct, .address = {}}, place));
    CHECK(names_direct(io::listen{.socket = direct}, place));
    CHECK(names_direct(io::shutdown{.socket = direct}, place));
    CHECK(names_direct(io::read{.file = direct, .buffer = bytes}, place));
    CHECK(names_direct(io::write{.file = direct, .buffer = bytes}, place));
    CHECK(names_direct(io::readv{.file = direct, .buffers = views}, place));
    CHECK(names_direct(io::writev{.file = direct, .buffers = const_views}, place));
    CHECK(names_direct(io::fsync{.file = direct}, place));
    CHECK(names_direct(io::allocate{.file = direct}, place));
    CHECK(names_direct(io::truncate{.file = direct}, place));
    CHECK(names_direct(io::sync_range{.file = direct}, place));
    CHECK(names_direct(io::advise{.file = direct}, place));
    CHECK(names_direct(io::poll{.file = direct}, place));
    CHECK(names_direct(io::splice{.from = 3, .to = direct}, place));
    CHECK(names_direct(io::tee{.from = 3, .to = direct}, place));
    CHECK(prepared(io::splice{.from = direct, .to = 3}).splice_flags == SPLICE_F_FD_IN_FIXED);
    CHECK(names_direct(io::install{.file = direct}, place));
    CHECK(prepared(io::open{.path = "x", .directory = direct}).fd == -1);
    CHECK(takes_any_place(io::open{.path = "x", .into = &table}, O_RDONLY));
    CHECK(takes_any_place(io::accept{.socket = 3, .into = &table}, 0));
    CHECK(takes_any_place(io::accept_from{.socket = 3, .into = &table}, 0));
    CHECK(takes_any_place(io::socket{.into = &table}, 0));
    CHECK(takes_any_place(io::pipe{.into = &table}, 0));
}

}  // namespace

TEST_CASE("direct: every operation names a direct descriptor by its place") {
    auto body = []() -> io::task<> {
        io::direct_table table(4);
        const auto file = co_await io::open{.path = "/dev/null", .flags = O_RDWR, .into = &table};
        REQUIRE(file);
        check_entries(table, *file);
    };

    run_body(body);
}

TEST_CASE("direct: a file is opened, written, read and closed without a number") {
    const scratch place;
    const auto before = open_descriptors();
    auto body = [&]() -> io::task<> {
        io::direct_table table(2);
        const auto path = place.file();
        {
            auto file = co_await io::open{
                .path = path, .flags = O_RDWR | O_CREAT, .mode = 0600, .into = &table};
            REQUIRE(file);
            CHECK(file->is_direct());
            CHECK(file->number() == -1);
            CHECK(table.open() == 1);
            CHECK(open_descriptors() == before + 2);  // The ring and what wakes it.
            const auto wrote = co_await io::write{.file = *file, .buffer = "direct", .offset = 0};
            CHECK(*wrote == 6);
            char bytes[8];
            const auto got = co_await io::read{.file = *file, .buffer = bytes, .offset = 2};
            REQUIRE(got);
            CHECK(std::string(bytes, *got) == "rect");
        }
        CHECK(table.open() == 0);
        // Its place is free again, however often.
        for (int i = 0; i < 10; ++i) {
            auto one = co_await io::open{.path = path, .into = &table};
            auto other = co_await io::open{.path = path, .into = &table};
            CHECK(one);
            CHECK(other);
        }
    };

    run_body(body);
    CHECK(open_descriptors() == before);
}

TEST_CASE("direct: a full table is a result, and a closed place is used again") {
    auto body = []() -> io::task<> {
        io::direct_table table(1);
        auto one = co_await io::socket{.into = &table};
        REQUIRE(one);
        const auto none = co_await io::socket{.into = &table};
        CHECK(none.error() == std::errc::too_many_files_open_in_system);
        CHECK(one->close());
        const auto again = co_await io::socket{.into = &table};
        CHECK(again);
    };

    run_body(body);
}

TEST_CASE("direct: peers are accepted into the table and served from it") {
    const auto door = listening();
    const auto where = address_of_socket(door);
    auto body = [&]() -> io::task<> {
        io::direct_table table(8);
        io::buffer_pool pool({.buffers = 4, .size = 16});
        io::multishot peers(io::accept{.socket = door, .into = &table});
        for (int i = 0; i < 12; ++i) {
            const auto client = client_of(where);
            put(client, "question");
            auto peer = co_await io::within(1s, peers.next());
            REQUIRE(peer);
            CHECK(peer->is_direct());
            io::multishot bytes(io::receive_pooled{.socket = *peer, .pool = pool});
            const auto got = co_await io::within(1s, bytes.next());
            REQUIRE(got);
            CHECK(got->size() == 8);
            const auto sent = co_await io::send{.socket = *peer, .buffer = "answer"};
            CHECK(*sent == 6);
            CHECK(taken_from(client) == "answer");
        }
        CHECK(table.open() == 0);
    };

    run_body(body);
}

TEST_CASE("direct: a peer that nobody took is closed") {
    const auto door = listening();
    const auto where = address_of_socket(door);
    auto body = [&]() -> io::task<> {
        io::direct_table table(2);
        for (int i = 0; i < 6; ++i) {
            const auto client = client_of(where);
            io::multishot peers(io::accept{.socket = door, .into = &table});
            (void)co_await io::within(0s, peers.next());
            (void)co_await io::sleep_for(1ms);
            CHECK(peers.queued() == 1);
        }
        const auto still_room = co_await io::socket{.into = &table};
        CHECK(still_room);
    };

    run_body(body);
}

TEST_CASE("direct: both ends of a pipe have no numbers, and carry bytes") {
    auto body = []() -> io::task<> {
        io::direct_table table(4);
        const auto ends = co_await io::pipe{.into = &table};
        if (!io::capabilities().since({6, 16})) {
            CHECK(ends.error() == std::errc::function_not_supported);
            co_return;
        }
        REQUIRE(ends);
        CHECK(table.open() == 2);
        const auto wrote = co_await io::write{.file = ends->writer, .buffer = "through"};
        CHECK(*wrote == 7);
        char bytes[8];
        const auto got = co_await io::read{.file = ends->reader, .buffer = bytes};
        REQUIRE(got);
        CHECK(std::string(bytes, *got) == "through");
    };

    run_body(body);
}

TEST_CASE("direct: what is open becomes direct, and what is direct gets a number") {
    const auto ends = make_pipe();
    auto body = [&]() -> io::task<> {
        io::direct_table table(2);
        const auto writer = co_await io::make_direct{.file = ends.second, .into = table};
        REQUIRE(writer);
        const auto wrote = co_await io::write{.file = *writer, .buffer = "both"};
        CHECK(*wrote == 4);
        CHECK(taken_from(ends.first) == "both");

        const auto installed = co_await io::install{.file = *writer};
        if (!io::capabilities().since({6, 8})) {
            CHECK(installed.error() == std::errc::function_not_supported);
            co_return;
        }
        REQUIRE(installed);
        CHECK(!installed->is_direct());
        CHECK(closes_on_exec(*installed));
        put(*installed, "again");
        CHECK(taken_from(ends.first) == "again");

        const auto of_number = co_await io::install{.file = ends.first};
        CHECK(of_number.error() == std::errc::bad_file_descriptor);
    };

    run_body(body);
}

TEST_CASE("direct: what cannot be put into a table is refused, and empties no place") {
    auto body = []() -> io::task<> {
        io::direct_table table(1);
        const auto nothing = co_await io::make_direct{.file = -1, .into = table};
        CHECK(nothing.error() == std::errc::bad_file_descriptor);
        const auto one = co_await io::socket{.into = &table};
        CHECK(one);
    };

    run_body(body);
}

TEST_CASE("direct: what takes only a number refuses a direct descriptor") {
    const scratch place;
    auto body = [&]() -> io::task<> {
        io::direct_table table(2);
        const auto path = place.path();
        const auto directory =
            co_await io::open{.path = path, .flags = O_RDONLY | O_DIRECTORY, .into = &table};
        REQUIRE(directory);
        const auto opened =
            co_await io::open{.path = "file", .flags = O_CREAT, .directory = *directory};
        CHECK(opened.error() == std::errc::bad_file_descriptor);
        const auto status = co_await io::stat{.path = "file", .directory = *directory};
        CHECK(status.error() == std::errc::bad_file_descriptor);
        const auto epoll = io::descriptor::adopt(::epoll_create1(EPOLL_CLOEXEC));
        const auto watched = co_await io::epoll_control{.epoll = epoll, .file = *directory};
        CHECK(watched.error() == std::errc::bad_file_descriptor);
    };

    run_body(body);
}

TEST_CASE("direct: a guarded one ends its operations before its place is free") {
    auto body = []() -> io::task<> {
        io::direct_table table(1);
        auto ends = make_socket_pair();
        auto direct = co_await io::make_direct{.file = ends.first, .into = table};
        REQUIRE(direct);
        io::guarded_descriptor guarded(*std::move(direct));
        char bytes[4];
        const auto late = co_await io::within(
            1ms, guarded.guard(io::receive{.socket = guarded.ref(), .buffer = bytes}));
        CHECK(late.error() == io::error::timed_out);
        guarded.close();
        CHECK(table.open() == 0);
    };

    run_body(body);
}

TEST_CASE("direct: a ring has one table at a time, and a table says what is wrong") {
    auto body = []() -> io::task<> {
        auto table = std::make_unique<io::direct_table>(4);
        CHECK_THROWS_WITH_AS(io::direct_table(4), doctest::Contains("direct_table"),
                             std::system_error);
        table.reset();
        CHECK_THROWS_AS(io::direct_table(0), std::system_error);
        const io::direct_table next(4);
        CHECK(next.places() == 4);
        co_return;
    };
    auto left_open = []() -> io::task<> {
        auto table = std::make_unique<io::direct_table>(4);
        const auto one = co_await io::socket{.into = table.get()};
        table.reset();
    };
    auto released = []() -> io::task<> {
        io::direct_table table(4);
        auto one = co_await io::socket{.into = &table};
        (void)one->release();
    };

    run_body(body);

    CHECK(dies_with("while descriptors of it are open", [&] { run_body(left_open); }));
    CHECK(dies_with("a direct descriptor has no number", [&] { run_body(released); }));
}
