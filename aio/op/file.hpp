#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/file_status.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/path_ref.hpp"

namespace lariat {

/// Where a path that does not start with `/` begins: at the process's working directory.
inline constexpr descriptor_ref working_directory{int{AT_FDCWD}};

/// The offset of what goes on where the file's own position is, and moves it. Pipes, sockets and
/// terminals have no other.
inline constexpr std::uint64_t current_position = UINT64_MAX;

/// Opens a file, close-on-exec. A FIFO is open at once, whether or not it has another end.
/// Returns: the descriptor, which closes itself.
/// Errors: those of openat(2); invalid_cross_device_link and too_many_symbolic_link_levels for what
/// `resolve` forbids.
/// Source: openat(2), openat2(2), io_uring_prep_openat(3), Linux 5.6.
struct open {
    static constexpr const char* name = "open";

    path_ref path;
    int flags = O_RDONLY;
    mode_t mode = 0666;  ///< Of a file that O_CREAT creates, before the umask.
    descriptor_ref directory = working_directory;
    direct_table* into = nullptr;  ///< Makes a direct descriptor of this table.
    /// RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and the like: what the path must not lead through. Not
    /// 0: openat2(2), which refuses flags that it does not know.
    std::uint64_t resolve = 0;
    mutable struct {
        std::uint64_t flags, mode, resolve;
    } storage{};  ///< What the kernel reads: `open_how`.

    void prepare(io_uring_sqe& entry) const noexcept;
    descriptor value(completion_event event) const noexcept { return opened_into(into, event); }
};

/// Reads what is there, up to the size of the buffer.
/// Returns: how many bytes; 0 at the end of the file, or for an empty buffer.
/// Errors: those of read(2); canceled, timed_out.
/// Cancel: what waits (a pipe, a terminal) gives up; a read that the disk has begun ends by itself.
/// Lifetime: the buffer is the kernel's until the operation has finished, even after cancel.
/// Source: pread(2), io_uring_prep_read(3), Linux 5.6.
struct read {
    static constexpr const char* name = "read";

    descriptor_ref file;
    buffer_view buffer;
    std::uint64_t offset = current_position;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// Writes some of the buffer, usually all; `write_all` goes on until all is written. A pipe whose
/// other end is gone raises SIGPIPE, which a program that writes to pipes ignores.
/// Returns: how many bytes.
/// Errors: those of write(2); canceled, timed_out.
/// Lifetime: the buffer must not change until the operation has finished, even after cancel.
/// Source: pwrite(2), io_uring_prep_write(3), Linux 5.6.
struct write {
    static constexpr const char* name = "write";

    descriptor_ref file;
    const_buffer_view buffer;
    std::uint64_t offset = current_position;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// The same as `read` into several buffers, in their order.
/// Errors: invalid_argument for more than 1024 buffers.
/// Lifetime: the array of views is read by the kernel too.
/// Source: preadv(2), io_uring_prep_readv(3), Linux 5.1.
struct readv {
    static constexpr const char* name = "readv";

    descriptor_ref file;
    std::span<const buffer_view> buffers;
    std::uint64_t offset = current_position;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// The same as `write` from several buffers, in their order.
/// Errors: invalid_argument for more than 1024 buffers.
/// Lifetime: the array of views is read by the kernel too.
/// Source: pwritev(2), io_uring_prep_writev(3), Linux 5.1.
struct writev {
    static constexpr const char* name = "writev";

    descriptor_ref file;
    std::span<const const_buffer_view> buffers;
    std::uint64_t offset = current_position;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// Waits until what was written is on the medium. Operations in flight beside it may or may not be
/// covered: await the writes first.
/// Errors: those of fsync(2), among them what an earlier write met.
/// Source: fsync(2), io_uring_prep_fsync(3), Linux 5.1.
struct fsync {
    static constexpr const char* name = "fsync";

    descriptor_ref file;
    bool data_only = false;  ///< Leave out what reading does not need, such as times: fdatasync(2).

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// Makes room for a file on the medium, or takes it away.
/// Errors: not_supported by the file system, no_space_on_device; else those of fallocate(2).
/// Source: fallocate(2), io_uring_prep_fallocate(3), Linux 5.6.
struct allocate {
    static constexpr const char* name = "allocate";

    descriptor_ref file;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    int mode = 0;  ///< FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE and the like.

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// Makes a file as long as `size`: cuts it, or adds zeros. Before Linux 6.9 by ftruncate(2), which
/// keeps the thread for as long as the file system takes.
/// Errors: those of ftruncate(2).
/// Source: ftruncate(2), Linux 6.9.
struct truncate {
    static constexpr const char* name = "truncate";

    descriptor_ref file;
    std::uint64_t size = 0;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}

    static bool supported(const ring& kernel) noexcept;
    completion_event fallback() const noexcept;
};

/// Starts, and waits for, the writing of a part of a file; neither its size nor the medium's own
/// cache is covered: see `fsync`.
/// Errors: those of sync_file_range(2).
/// Source: sync_file_range(2), io_uring_prep_sync_file_range(3), Linux 5.2.
struct sync_range {
    static constexpr const char* name = "sync_range";

    descriptor_ref file;
    std::uint64_t offset = 0;
    std::uint32_t size = 0;  ///< 0: up to the end.
    int flags = SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// Says how a part of a file will be used.
/// Errors: those of posix_fadvise(2).
/// Source: posix_fadvise(2), io_uring_prep_fadvise(3), Linux 5.6.
struct advise {
    static constexpr const char* name = "advise";

    descriptor_ref file;
    int advice = POSIX_FADV_NORMAL;
    std::uint64_t offset = 0;
    std::uint32_t size = 0;  ///< 0: up to the end.

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// Asks what a file is: its type, size, permissions, times.
/// Errors: those of statx(2).
/// Source: statx(2), io_uring_prep_statx(3), Linux 5.6.
struct stat {
    static constexpr const char* name = "stat";

    path_ref path;
    int flags = 0;  ///< AT_SYMLINK_NOFOLLOW asks about a link itself.
    descriptor_ref directory = working_directory;
    mutable file_status storage{};  ///< What the kernel fills.

    /// Of an open file, without a path.
    static stat of(descriptor_ref file) noexcept;

    void prepare(io_uring_sqe& entry) const noexcept;
    file_status value(completion_event) const noexcept { return storage; }
};

}  // namespace lariat
