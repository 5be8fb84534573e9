#include "aio/op/file_status.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdlib>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using lariat::file_status;
using lariat::file_type;

namespace {

struct open_file {
    open_file() : number(::mkstemp(name)) { REQUIRE(number >= 0); }
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    ~open_file() {
        ::close(number);
        ::unlink(name);
    }

    char name[32] = "/tmp/lariat-status-XXXXXX";
    int number;
};

file_status status_of(int descriptor) {
    file_status status;
    REQUIRE(::statx(descriptor, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME,
                    &status.storage()) == 0);
    return status;
}

file_status status_of(const char* path) {
    file_status status;
    REQUIRE(::statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status.storage()) ==
            0);
    return status;
}

file_status::time time_set(std::int64_t seconds, std::uint32_t nanoseconds) {
    struct statx raw = {};
    raw.stx_mtime.tv_sec = seconds;
    raw.stx_mtime.tv_nsec = nanoseconds;
    return file_status(raw).modified();
}

}  // namespace

TEST_CASE("a status that was not asked for is all zero") {
    const file_status status;

    CHECK(status.type() == file_type::unknown);
    CHECK(status.size() == 0);
    CHECK(status.permissions() == 0);
    CHECK_FALSE(status.created());
}

TEST_CASE("a status says what stat(2) says") {
    const open_file file;
    REQUIRE(::write(file.number, "hello", 5) == 5);
    REQUIRE(::fchmod(file.number, 0640) == 0);
    struct stat expected;
    REQUIRE(::fstat(file.number, &expected) == 0);

    const auto status = status_of(file.number);

    CHECK(status.is_regular());
    CHECK_FALSE(status.is_directory());
    CHECK(status.size() == 5);
    CHECK(status.permissions() == 0640);
    CHECK(status.links() == 1);
    CHECK(status.owner() == ::geteuid());
    CHECK(status.group() == expected.st_gid);
    CHECK(status.inode() == expected.st_ino);
    CHECK(status.device() == expected.st_dev);
    CHECK(status.block_size() == static_cast<std::uint32_t>(expected.st_blksize));
    CHECK(status.allocated() == static_cast<std::uint64_t>(expected.st_blocks) * 512);
    CHECK(status.changed().time_since_epoch() ==
          std::chrono::seconds(expected.st_ctim.tv_sec) +
              std::chrono::nanoseconds(expected.st_ctim.tv_nsec));
    if (status.created()) CHECK(*status.created() <= status.changed());
}

TEST_CASE("a file with a hole takes less room than its size") {
    const open_file file;
    REQUIRE(::ftruncate(file.number, 1 << 30) == 0);

    const auto status = status_of(file.number);

    CHECK(status.size() == 1 << 30);
    CHECK(status.allocated() < status.size());
}

TEST_CASE("each type of file is told") {
    int pipe[2];
    int pair[2];
    REQUIRE(::pipe(pipe) == 0);
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);

    CHECK(status_of("/").is_directory());
    CHECK(status_of("/proc/self/exe").type() == file_type::symbolic_link);
    CHECK(status_of("/dev/null").type() == file_type::character_device);
    CHECK(status_of(pipe[0]).type() == file_type::pipe);
    CHECK(status_of(pair[0]).type() == file_type::socket);
    CHECK(lariat::type_of(S_IFBLK | 0600) == file_type::block_device);
    for (const int number : {pipe[0], pipe[1], pair[0], pair[1]}) ::close(number);
}

TEST_CASE("a device file says which device it stands for") {
    CHECK(status_of("/dev/null").special_device() == ::makedev(1, 3));
}

TEST_CASE("a file's times keep their nanoseconds, before 1970 too") {
    const open_file file;
    const timespec times[2] = {{1, 5}, {-2, 999'999'999}};
    REQUIRE(::futimens(file.number, times) == 0);

    const auto status = status_of(file.number);

    CHECK((status.accessed().time_since_epoch() == 1s + 5ns));
    CHECK((status.modified().time_since_epoch() == -1s - 1ns));
}

TEST_CASE("a time out of range becomes the nearest one that is in it") {
    constexpr auto last = file_status::time::max();
    constexpr auto first = file_status::time::min();

    CHECK((time_set(INT64_MAX, 999'999'999) == last));
    CHECK((time_set(INT64_MIN, 0) == first));
    CHECK((time_set(9'223'372'036, 999'999'999) == last));
    CHECK((time_set(9'223'372'035, 999'999'999).time_since_epoch() == 9'223'372'035'999'999'999ns));
    CHECK((time_set(-9'223'372'036, 1).time_since_epoch() == -9'223'372'035'999'999'999ns));
    CHECK((time_set(-9'223'372'037, 999'999'999) == first));
}
