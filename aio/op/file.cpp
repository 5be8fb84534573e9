#include "aio/op/file.hpp"

#include <liburing.h>
#include <limits.h>
#include <sys/uio.h>

#include <algorithm>

namespace lariat {
namespace {

static_assert(sizeof(buffer_view) == sizeof(iovec) && sizeof(const_buffer_view) == sizeof(iovec));

// The kernel refuses far fewer; what it must not see is a number that lost its upper half.
unsigned count_of(std::size_t buffers) noexcept {
    return static_cast<unsigned>(std::min<std::size_t>(buffers, INT_MAX));
}

}  // namespace

void open::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_openat(&entry, directory.number(), path.text(), flags | O_CLOEXEC, mode);
}

void read::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_read(&entry, file.number(), buffer.data(), buffer.transfer_size(), offset);
}

void write::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_write(&entry, file.number(), buffer.data(), buffer.transfer_size(), offset);
}

void readv::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_readv(&entry, file.number(), reinterpret_cast<const iovec*>(buffers.data()),
                        count_of(buffers.size()), offset);
}

void writev::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_writev(&entry, file.number(), reinterpret_cast<const iovec*>(buffers.data()),
                         count_of(buffers.size()), offset);
}

void fsync::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_fsync(&entry, file.number(), data_only ? IORING_FSYNC_DATASYNC : 0U);
}

stat stat::of(descriptor_ref file) noexcept {
    return {.path = "", .flags = AT_EMPTY_PATH, .directory = file};
}

void stat::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_statx(&entry, directory.number(), path.text(), flags,
                        STATX_BASIC_STATS | STATX_BTIME, &storage.storage());
}

}  // namespace lariat
