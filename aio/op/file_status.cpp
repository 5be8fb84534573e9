#include "aio/op/file_status.hpp"

#include <sys/sysmacros.h>

namespace lariat {

file_type type_of(mode_t mode) noexcept {
    switch (mode & S_IFMT) {
        case S_IFREG:
            return file_type::regular;
        case S_IFDIR:
            return file_type::directory;
        case S_IFLNK:
            return file_type::symbolic_link;
        case S_IFIFO:
            return file_type::pipe;
        case S_IFSOCK:
            return file_type::socket;
        case S_IFCHR:
            return file_type::character_device;
        case S_IFBLK:
            return file_type::block_device;
        default:
            return file_type::unknown;
    }
}

dev_t file_status::device() const noexcept {
    return gnu_dev_makedev(raw_.stx_dev_major, raw_.stx_dev_minor);
}

dev_t file_status::special_device() const noexcept {
    return gnu_dev_makedev(raw_.stx_rdev_major, raw_.stx_rdev_minor);
}

std::optional<file_status::time> file_status::created() const noexcept {
    if ((raw_.stx_mask & STATX_BTIME) == 0) return std::nullopt;
    return time_of(raw_.stx_btime);
}

file_status::time file_status::time_of(const struct ::statx_timestamp& stamp) noexcept {
    using std::chrono::seconds;

    // The kernel counts seconds in 64 bits, and anyone may set a file's times; nanoseconds in 64
    // bits end 292 years from 1970. One second is kept for the fraction.
    constexpr auto last = std::chrono::floor<seconds>(time::max()) - seconds(1);
    constexpr auto first = std::chrono::ceil<seconds>(time::min());
    const std::chrono::sys_seconds whole{seconds(stamp.tv_sec)};
    if (whole > last) return time::max();
    if (whole < first) return time::min();
    return time(whole) + std::chrono::nanoseconds(stamp.tv_nsec);
}

}  // namespace lariat
