#include "aio/op/file.hpp"

#include <errno.h>
#include <linux/openat2.h>
#include <sys/uio.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/aio/op/scratch.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

static_assert(std::is_convertible_v<const std::string&, io::path_ref>);
static_assert(std::is_convertible_v<std::filesystem::path&, io::path_ref>);
static_assert(!std::is_convertible_v<std::string, io::path_ref>);
static_assert(!std::is_convertible_v<std::filesystem::path, io::path_ref>);

}  // namespace

TEST_CASE("open: the entry has path, mode, directory, and always close-on-exec") {
    const std::string path = "some/where";

    const auto entry =
        prepared(io::open{.path = path, .flags = O_WRONLY | O_CREAT, .mode = 0640, .directory = 5});

    CHECK(entry.opcode == IORING_OP_OPENAT);
    CHECK(entry.fd == 5);
    CHECK(entry.addr == address_of(path.c_str()));
    CHECK(entry.len == 0640);
    CHECK(entry.open_flags == (O_WRONLY | O_CREAT | O_CLOEXEC));
    CHECK(entry.off == 0);
    CHECK(is_clean(entry));
    CHECK(prepared(io::open{.path = "x"}).fd == AT_FDCWD);
}

TEST_CASE("read and write: the entry has buffer, size and offset, or the current position") {
    std::array<char, 10> buffer;

    const auto reading = prepared(io::read{.file = 3, .buffer = buffer, .offset = 77});
    const auto writing = prepared(io::write{.file = 4, .buffer = buffer});

    CHECK(reading.opcode == IORING_OP_READ);
    CHECK(reading.fd == 3);
    CHECK(reading.addr == address_of(buffer.data()));
    CHECK(reading.len == 10);
    CHECK(reading.off == 77);
    CHECK(reading.rw_flags == 0);
    CHECK(is_clean(reading));
    CHECK(writing.opcode == IORING_OP_WRITE);
    CHECK(writing.fd == 4);
    CHECK(writing.addr == address_of(buffer.data()));
    CHECK(writing.len == 10);
    CHECK(writing.off == UINT64_MAX);
    CHECK(is_clean(writing));
}

TEST_CASE("read: the entry of a buffer of 5 GiB asks for what one operation can move") {
    char first;

    const auto entry = prepared(io::read{.file = 3, .buffer = {&first, 5UL << 30}});

    CHECK(entry.len == io::longest_transfer);
}

TEST_CASE("readv and writev: the entry has the array of buffers as it is") {
    std::array<char, 3> one;
    std::array<char, 4> other;
    const std::array<io::buffer_view, 2> into{one, other};
    const std::array<io::const_buffer_view, 1> from{one};

    const auto reading = prepared(io::readv{.file = 3, .buffers = into, .offset = 5});
    const auto writing = prepared(io::writev{.file = 4, .buffers = from});

    const auto* vectors = reinterpret_cast<const iovec*>(reading.addr);
    CHECK(reading.opcode == IORING_OP_READV);
    CHECK(reading.fd == 3);
    CHECK(reading.len == 2);
    CHECK(reading.off == 5);
    CHECK(vectors[1].iov_base == other.data());
    CHECK(vectors[1].iov_len == 4);
    CHECK(is_clean(reading));
    CHECK(writing.opcode == IORING_OP_WRITEV);
    CHECK(writing.len == 1);
    CHECK(writing.off == UINT64_MAX);
    CHECK(is_clean(writing));
}

TEST_CASE("fsync: the entry says whether data alone will do") {
    const auto all = prepared(io::fsync{.file = 3});
    const auto data = prepared(io::fsync{.file = 3, .data_only = true});

    CHECK(all.opcode == IORING_OP_FSYNC);
    CHECK(all.fd == 3);
    CHECK(all.fsync_flags == 0);
    CHECK(is_clean(all));
    CHECK(data.fsync_flags == IORING_FSYNC_DATASYNC);
}

TEST_CASE("stat: the entry has path, flags, and where the answer goes") {
    const io::stat call{.path = "x", .flags = AT_SYMLINK_NOFOLLOW};

    const auto entry = prepared(call);
    const auto of_open = prepared(io::stat::of(9));

    CHECK(entry.opcode == IORING_OP_STATX);
    CHECK(entry.fd == AT_FDCWD);
    CHECK(entry.addr == address_of(call.path.text()));
    CHECK(entry.len == (STATX_BASIC_STATS | STATX_BTIME));
    CHECK(entry.off == address_of(&call.storage.raw()));
    CHECK(entry.statx_flags == AT_SYMLINK_NOFOLLOW);
    CHECK(is_clean(entry));
    CHECK(of_open.fd == 9);
    CHECK(of_open.statx_flags == AT_EMPTY_PATH);
    CHECK(std::strlen(reinterpret_cast<const char*>(of_open.addr)) == 0);
}

TEST_CASE("a path with a zero byte inside opens nothing") {
    const scratch here;
    const auto file = made(here.file());
    std::string path = here.file();
    path += '\0';
    path += "rest";

    const auto opened = answer(io::open{.path = path});

    CHECK(opened.error() == std::errc::bad_address);
}

TEST_CASE("open: a file is created with its mode, below a directory, and closes on exec") {
    const scratch here;
    const auto directory = answer(io::open{.path = here.path(), .flags = O_PATH | O_DIRECTORY});
    REQUIRE(directory);

    const auto file = answer(io::open{
        .path = "new", .flags = O_RDWR | O_CREAT | O_EXCL, .mode = 0600, .directory = *directory});

    REQUIRE(file);
    CHECK(closes_on_exec(*file));
    CHECK(std::filesystem::status(here.path() / "new").permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    CHECK(answer(io::open{.path = "missing", .directory = *directory}).error() ==
          std::errc::no_such_file_or_directory);
}

TEST_CASE("write and read go on where the last one ended, or start at the offset") {
    const scratch here;
    const auto file = made(here.file());
    std::array<char, 5> back;
    auto body = [&]() -> io::task<> {
        auto wrote = co_await io::write{.file = file, .buffer = "hello "};
        CHECK(*wrote == 6);
        wrote = co_await io::write{.file = file, .buffer = "world"};
        CHECK(*wrote == 5);
        const auto in_place = co_await io::write{.file = file, .buffer = "J", .offset = 0};
        CHECK(*in_place == 1);
        const auto got = co_await io::read{.file = file, .buffer = back, .offset = 6};
        CHECK(*got == 5);
        const auto end = co_await io::read{.file = file, .buffer = back};
        CHECK(*end == 0);
    };

    run_body(body);

    CHECK(std::string(back.data(), 5) == "world");
    CHECK(::lseek(file.number(), 0, SEEK_SET) == 0);
    CHECK(taken_from(file) == "Jello world");
}

TEST_CASE("readv and writev move several buffers in their order") {
    const scratch here;
    const auto file = made(here.file());
    const std::string one = "one, ";
    const std::string two = "two";
    const std::array<io::const_buffer_view, 2> from{one, two};
    std::array<char, 2> head;
    std::array<char, 9> tail;
    const std::array<io::buffer_view, 2> into{head, tail};

    const auto wrote = answer(io::writev{.file = file, .buffers = from, .offset = 0});
    const auto got = answer(io::readv{.file = file, .buffers = into, .offset = 0});

    CHECK(*wrote == 8);
    CHECK(*got == 8);
    CHECK(std::string(head.data(), 2) + std::string(tail.data(), 6) == "one, two");
}

TEST_CASE("an empty buffer, and an array of none, move nothing and succeed") {
    const scratch here;
    const auto file = made(here.file(), "text");
    const auto ends = make_pipe();

    CHECK(*answer(io::read{.file = file, .buffer = {}}) == 0);
    CHECK(*answer(io::write{.file = file, .buffer = {}}) == 0);
    CHECK(*answer(io::readv{.file = file, .buffers = {}}) == 0);
    CHECK(*answer(io::read{.file = ends.first, .buffer = {}}) == 0);
    CHECK(*answer(io::write{.file = ends.second, .buffer = {}}) == 0);
}

TEST_CASE("more buffers than the kernel takes are its error") {
    const scratch here;
    const auto file = made(here.file());
    std::array<char, 1> byte;
    const std::vector<io::buffer_view> many(1025, io::buffer_view(byte));

    const auto got = answer(io::readv{.file = file, .buffers = many});

    CHECK(got.error() == std::errc::invalid_argument);
}

TEST_CASE("fsync succeeds on a file, and a pipe is the kernel's error") {
    const scratch here;
    const auto file = made(here.file(), "text");
    const auto ends = make_pipe();

    CHECK(answer(io::fsync{.file = file}));
    CHECK(answer(io::fsync{.file = file, .data_only = true}));
    CHECK(answer(io::fsync{.file = ends.first}).error() == std::errc::invalid_argument);
}

TEST_CASE("stat tells of a path, of a link itself, and of an open file") {
    const scratch here;
    const auto file = made(here.file(), "hello");
    const auto path = here.file();
    const auto link = here.path() / "link";
    std::filesystem::create_symlink("file", link);

    const auto by_path = answer(io::stat{.path = path});
    const auto followed = answer(io::stat{.path = link});
    const auto itself = answer(io::stat{.path = link, .flags = AT_SYMLINK_NOFOLLOW});
    const auto opened = answer(io::stat::of(file));

    CHECK(by_path->size() == 5);
    CHECK(by_path->is_regular());
    CHECK(followed->inode() == by_path->inode());
    CHECK(itself->type() == io::file_type::symbolic_link);
    CHECK(opened->inode() == by_path->inode());
    CHECK(answer(io::stat{.path = ""}).error() == std::errc::no_such_file_or_directory);
}

TEST_CASE("a read of an empty pipe is cancelled, takes nothing, and the next one gets the data") {
    const auto ends = make_pipe();
    std::array<char, 8> buffer;
    auto body = [&]() -> io::task<std::error_code> {
        const auto late = co_await io::within(1ms, io::read{.file = ends.first, .buffer = buffer});
        put(ends.second, "data");
        const auto got = co_await io::read{.file = ends.first, .buffer = buffer};
        CHECK(*got == 4);
        co_return late.error();
    };

    CHECK(run_body(body) == io::error::timed_out);
}

TEST_CASE("a zero timeout reads what is there, and times out on an empty pipe") {
    const auto ends = make_pipe();
    std::array<char, 8> buffer;
    auto once = [&]() -> io::task<io::result<std::size_t>> {
        co_return co_await io::within(0s, io::read{.file = ends.first, .buffer = buffer});
    };

    const auto empty = run_body(once);
    put(ends.second, "data");
    const auto full = run_body(once);

    CHECK(empty.error() == io::error::timed_out);
    CHECK(*full == 4);
}

TEST_CASE("allocate, truncate, sync_range and advise: the entries have range and mode") {
    const auto room = prepared(io::allocate{.file = 3, .offset = 4096, .size = 8192, .mode = 1});
    const auto length = prepared(io::truncate{.file = 3, .size = 5000});
    const auto synced = prepared(io::sync_range{.file = 3, .offset = 10, .size = 20, .flags = 2});
    const auto told =
        prepared(io::advise{.file = 3, .advice = POSIX_FADV_SEQUENTIAL, .offset = 10, .size = 20});

    CHECK((room.opcode == IORING_OP_FALLOCATE && room.off == 4096 && room.addr == 8192));
    CHECK(room.len == 1);
    CHECK((length.opcode == 55 && length.fd == 3 && length.off == 5000 && length.len == 0));
    CHECK((synced.opcode == IORING_OP_SYNC_FILE_RANGE && synced.off == 10 && synced.len == 20));
    CHECK(synced.sync_range_flags == 2);
    CHECK((told.opcode == IORING_OP_FADVISE && told.off == 10 && told.len == 20));
    CHECK(told.fadvise_advice == POSIX_FADV_SEQUENTIAL);
    for (const auto& entry : {room, length, synced, told}) CHECK(is_clean(entry));
}

TEST_CASE("truncate and allocate: they change the size of a file, in the kernel and without it") {
    const scratch place;
    const auto file = made(place.file(), "0123456789");
    const auto size = [&] { return std::filesystem::file_size(place.file()); };

    CHECK(answer(io::truncate{.file = file, .size = 4}));
    CHECK(size() == 4);
    CHECK(io::truncate{.file = file, .size = 100}.fallback().result == 0);
    CHECK(size() == 100);
    CHECK(io::truncate{.file = -1, .size = 1}.fallback().result == -EBADF);
    const auto allocated = answer(io::allocate{.file = file, .offset = 0, .size = 5000});
    if (allocated.error() == std::errc::operation_not_supported)
        MESSAGE("skipped: this file system does not allocate");
    else
        CHECK(size() == 5000);
    CHECK(answer(io::truncate{.file = -1}).error() == std::errc::bad_file_descriptor);
}

TEST_CASE("sync_range and advise: they succeed on a file, and not on a pipe") {
    const scratch place;
    const auto file = made(place.file(), "0123456789");
    const auto ends = make_pipe();

    CHECK(answer(io::sync_range{.file = file}));
    CHECK(answer(io::advise{.file = file, .advice = POSIX_FADV_DONTNEED}));
    CHECK(answer(io::sync_range{.file = ends.first}).error() == std::errc::invalid_seek);
    CHECK(answer(io::advise{.file = ends.first}).error() == std::errc::invalid_seek);
}

TEST_CASE("open: what a path must not lead through is refused") {
    const scratch place;
    made(place.file(), "text");
    const auto outside = place.path() / "out";
    REQUIRE(::symlink("/etc/hostname", outside.c_str()) == 0);
    const io::open call{.path = "x", .flags = O_RDWR, .resolve = RESOLVE_BENEATH};
    const auto entry = prepared(call);
    CHECK((entry.opcode == IORING_OP_OPENAT2 && entry.len == 24));
    CHECK(entry.off == address_of(&call.storage));
    CHECK((call.storage.flags == (O_RDWR | O_CLOEXEC) && call.storage.mode == 0));
    CHECK(call.storage.resolve == RESOLVE_BENEATH);

    auto body = [&]() -> io::task<> {
        const auto path = place.path();
        const auto directory = co_await io::open{.path = path, .flags = O_RDONLY | O_DIRECTORY};
        REQUIRE(directory);
        const auto inside =
            co_await io::open{.path = "file", .directory = *directory, .resolve = RESOLVE_BENEATH};
        CHECK(inside);
        const auto through =
            co_await io::open{.path = "out", .directory = *directory, .resolve = RESOLVE_BENEATH};
        CHECK(through.error() == std::errc::cross_device_link);
        const auto created = co_await io::open{.path = "new",
                                               .flags = O_RDWR | O_CREAT,
                                               .mode = 0640,
                                               .directory = *directory,
                                               .resolve = RESOLVE_NO_SYMLINKS};
        CHECK(created);
        const auto link = co_await io::open{
            .path = "out", .directory = *directory, .resolve = RESOLVE_NO_SYMLINKS};
        CHECK(link.error() == std::errc::too_many_symbolic_link_levels);
    };

    run_body(body);
}
