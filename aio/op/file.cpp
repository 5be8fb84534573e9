#include "aio/op/file.hpp"

#include <errno.h>
#include <liburing.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

#include "aio/op/direct_place.hpp"
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
    const int all_flags = flags | flags_into(into, O_CLOEXEC);
    if (resolve == 0) {
        io_uring_prep_openat(&entry, directory.process_number(), path.text(), all_flags, mode);
    } else {
        static_assert(sizeof storage == sizeof(open_how));
        // Unlike openat, it refuses a mode for what is not created.
        const bool creates = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
        storage = {static_cast<unsigned>(all_flags), creates ? mode : 0U, resolve};
        io_uring_prep_openat2(&entry, directory.process_number(), path.text(),
                              reinterpret_cast<open_how*>(&storage));
    }
    choose_place(entry, into);
}

void read::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_read(&entry, file.number(), buffer.data(), buffer.transfer_size(), offset);
    entry.flags = file.entry_flags();
}

void write::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_write(&entry, file.number(), buffer.data(), buffer.transfer_size(), offset);
    entry.flags = file.entry_flags();
}

void readv::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_readv(&entry, file.number(), reinterpret_cast<const iovec*>(buffers.data()),
                        count_of(buffers.size()), offset);
    entry.flags = file.entry_flags();
}

void writev::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_writev(&entry, file.number(), reinterpret_cast<const iovec*>(buffers.data()),
                         count_of(buffers.size()), offset);
    entry.flags = file.entry_flags();
}

void fsync::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_fsync(&entry, file.number(), data_only ? IORING_FSYNC_DATASYNC : 0U);
    entry.flags = file.entry_flags();
}

void allocate::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_fallocate(&entry, file.number(), mode, static_cast<off_t>(offset),
                            static_cast<off_t>(size));
    entry.flags = file.entry_flags();
}

void truncate::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(kernel::op_ftruncate, &entry, file.number(), nullptr, 0, size);
    entry.flags = file.entry_flags();
}

bool truncate::supported(const ring& kernel) noexcept {
    return kernel.supports(kernel::op_ftruncate);
}

completion_event truncate::fallback() const noexcept {
    return {::ftruncate(file.process_number(), static_cast<off_t>(size)) < 0 ? -errno : 0, 0};
}

void sync_range::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_sync_file_range(&entry, file.number(), size, offset, flags);
    entry.flags = file.entry_flags();
}

void advise::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_fadvise(&entry, file.number(), offset, size, advice);
    entry.flags = file.entry_flags();
}

stat stat::of(descriptor_ref file) noexcept {
    return {.path = "", .flags = AT_EMPTY_PATH, .directory = file};
}

void stat::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_statx(&entry, directory.process_number(), path.text(), flags,
                        STATX_BASIC_STATS | STATX_BTIME, &storage.storage());
}

}  // namespace lariat
