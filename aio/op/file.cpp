#include "aio/op/file.hpp"

#include <errno.h>
#include <liburing.h>
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/kernel_abi.hpp"

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

void allocate::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_fallocate(&entry, file.number(), mode, static_cast<off_t>(offset),
                            static_cast<off_t>(size));
}

void truncate::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(kernel::op_ftruncate, &entry, file.number(), nullptr, 0, size);
}

bool truncate::supported(const ring& kernel) noexcept {
    return kernel.supports(kernel::op_ftruncate);
}

completion_event truncate::fallback() const noexcept {
    return {::ftruncate(file.number(), static_cast<off_t>(size)) < 0 ? -errno : 0, 0};
}

void sync_range::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_sync_file_range(&entry, file.number(), size, offset, flags);
}

void advise::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_fadvise(&entry, file.number(), offset, size, advice);
}

stat stat::of(descriptor_ref file) noexcept {
    return {.path = "", .flags = AT_EMPTY_PATH, .directory = file};
}

void stat::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_statx(&entry, directory.number(), path.text(), flags,
                        STATX_BASIC_STATS | STATX_BTIME, &storage.storage());
}

}  // namespace lariat
