#include "aio/op/fixed.hpp"

#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/capabilities.hpp"
#include "runtime/kernel_abi.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;

namespace {

/// An entry has no place in a coroutine's frame.
void check_entries(io::fixed_view part) {
    const auto read = prepared(io::read_fixed{.file = 5, .buffer = part, .offset = 7});
    CHECK((read.opcode == IORING_OP_READ_FIXED && read.fd == 5 && read.off == 7));
    CHECK((read.addr == address_of(part.data()) && read.len == part.size()));
    CHECK(read.buf_index == part.place());
    const auto write = prepared(io::write_fixed{.file = 5, .buffer = part});
    CHECK((write.opcode == IORING_OP_WRITE_FIXED && write.off == UINT64_MAX));
    CHECK(write.buf_index == part.place());

    const std::array<io::buffer_view, 1> into{io::buffer_view(part.data(), 2)};
    const std::array<io::const_buffer_view, 1> from{io::const_buffer_view(part.data(), 2)};
    const auto readv = prepared(io::readv_fixed{.file = 5, .buffers = into, .inside = part});
    const auto writev = prepared(io::writev_fixed{.file = 5, .buffers = from, .inside = part});
    const bool known = io::capabilities().operation(io::kernel::op_readv_fixed);
    CHECK(readv.opcode == (known ? 60 : IORING_OP_READV));
    CHECK(writev.opcode == (known ? 61 : IORING_OP_WRITEV));
    CHECK(readv.buf_index == (known ? part.place() : 0));
    CHECK((readv.addr == address_of(into.data()) && readv.len == 1));
    CHECK((writev.addr == address_of(from.data()) && writev.len == 1));
}

std::string text(io::fixed_view part) {
    return {reinterpret_cast<const char*>(part.data()), part.size()};
}

}  // namespace

TEST_CASE("fixed: the entries have memory and its place in the table") {
    auto body = []() -> io::task<> {
        io::buffer_table table(4);
        std::array<std::byte, 64> one, other;
        const auto first = table.add(one);
        const auto second = table.add(other);
        REQUIRE(first);
        REQUIRE(second);
        CHECK(second->view().place() == 1);
        check_entries(second->view().drop_first(8).first(16));
        CHECK(second->view().drop_first(8).data() == other.data() + 8);
        co_return;
    };

    run_body(body);
}

TEST_CASE("fixed: a file is written from and read into registered memory") {
    const scratch place;
    const auto file = made(place.file());
    auto body = [&]() -> io::task<> {
        io::buffer_table table(1);
        std::string memory = "abcdefgh--------";
        const auto whole = table.add(memory);
        REQUIRE(whole);
        const auto left = whole->view().first(8);
        const auto right = whole->view().drop_first(8);

        const auto wrote = co_await io::write_fixed{.file = file, .buffer = left, .offset = 0};
        CHECK(*wrote == 8);
        const auto got = co_await io::read_fixed{.file = file, .buffer = right, .offset = 2};
        CHECK(*got == 6);
        CHECK(text(right) == "cdefgh--");

        const std::array<io::const_buffer_view, 2> from{io::const_buffer_view(left.data() + 4, 2),
                                                        io::const_buffer_view(left.data(), 2)};
        const auto gathered = co_await io::writev_fixed{
            .file = file, .buffers = from, .inside = whole->view(), .offset = 0};
        CHECK(*gathered == 4);
        const std::array<io::buffer_view, 2> into{io::buffer_view(right.data() + 2, 2),
                                                  io::buffer_view(right.data(), 2)};
        const auto scattered = co_await io::readv_fixed{
            .file = file, .buffers = into, .inside = whole->view(), .offset = 0};
        CHECK(*scattered == 4);
        CHECK(text(right) == "abefgh--");
    };

    run_body(body);
}

TEST_CASE("fixed: an exhausted table, bad memory and an empty place are results") {
    const scratch place;
    const auto file = made(place.file(), "some text");
    auto body = [&]() -> io::task<> {
        io::buffer_table table(1);
        std::array<std::byte, 16> memory;
        io::fixed_view gone;
        {
            auto one = table.add(memory);
            REQUIRE(one);
            CHECK(table.free() == 0);
            const auto none = table.add(memory);
            CHECK(none.error() == std::errc::no_buffer_space);
            const io::registered_buffer moved = *std::move(one);
            gone = moved.view();
        }
        CHECK(table.free() == 1);
        const auto refused = co_await io::read_fixed{.file = file, .buffer = gone, .offset = 0};
        CHECK(refused.error() == std::errc::bad_address);
        void* const nowhere = reinterpret_cast<void*>(4096);
        const auto bad = table.add(io::buffer_view(nowhere, 4096));
        CHECK(bad.error() == std::errc::bad_address);
        CHECK(table.add(io::buffer_view()).error() == std::errc::invalid_argument);
        CHECK(table.free() == 1);
        const auto again = table.add(memory);
        CHECK(again);
    };

    run_body(body);
}

TEST_CASE("fixed: what lies outside of its registered buffer is refused") {
    const scratch place;
    const auto file = made(place.file(), "some text");
    auto body = [&]() -> io::task<> {
        io::buffer_table table(1);
        std::array<std::byte, 16> inside, outside;
        const auto one = table.add(inside);
        REQUIRE(one);
        const std::array<io::buffer_view, 1> views{outside};
        const auto got =
            co_await io::readv_fixed{.file = file, .buffers = views, .inside = one->view()};
        if (io::capabilities().operation(io::kernel::op_readv_fixed))
            CHECK(got.error() == std::errc::bad_address);
        else
            CHECK(*got == 9);
    };

    run_body(body);
}

TEST_CASE("fixed: what is done wrong with a table is named or thrown") {
    auto body = []() -> io::task<> {
        auto table = std::make_unique<io::buffer_table>(1);
        CHECK_THROWS_AS(io::buffer_table(1), std::system_error);
        table.reset();
        CHECK_THROWS_AS(io::buffer_table(0), std::system_error);
        CHECK_THROWS_AS(io::buffer_table(100'000), std::system_error);
        const io::buffer_table next(1);
        co_return;
    };
    auto left_in = []() -> io::task<> {
        auto table = std::make_unique<io::buffer_table>(1);
        std::array<std::byte, 16> memory;
        const auto one = table->add(memory);
        table.reset();
        co_return;
    };

    run_body(body);

    CHECK(dies_with("while buffers are registered in it", [&] { run_body(left_in); }));
}
