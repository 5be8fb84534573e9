#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include "aio/descriptor.hpp"
#include "aio/op/file.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/path_ref.hpp"

namespace lariat {

// The kernel does all of these on a thread of its own: they cost more than the system call, and
// keep the scheduler's thread from waiting for the disk. A cancel reaches one that has not begun.

/// Gives a file another name, in one step for everybody who looks.
/// Errors: those of renameat2(2).
/// Source: renameat2(2), io_uring_prep_renameat(3), Linux 5.11.
struct rename {
    static constexpr const char* name = "rename";

    path_ref from;
    path_ref to;
    unsigned flags = 0;  ///< RENAME_NOREPLACE, RENAME_EXCHANGE.
    descriptor_ref from_directory = working_directory;
    descriptor_ref to_directory = working_directory;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// Takes a name from a file, and with its last name the file.
/// Errors: those of unlinkat(2).
/// Source: unlinkat(2), io_uring_prep_unlinkat(3), Linux 5.11.
struct unlink {
    static constexpr const char* name = "unlink";

    path_ref path;
    int flags = 0;  ///< AT_REMOVEDIR: an empty directory instead of a file.
    descriptor_ref directory = working_directory;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// Makes a directory.
/// Errors: those of mkdirat(2).
/// Source: mkdirat(2), io_uring_prep_mkdirat(3), Linux 5.15.
struct make_directory {
    static constexpr const char* name = "make_directory";

    path_ref path;
    mode_t mode = 0777;  ///< Before the umask.
    descriptor_ref directory = working_directory;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// Makes a symbolic link: a file that names another one, which need not be there.
/// Errors: those of symlinkat(2).
/// Source: symlinkat(2), io_uring_prep_symlinkat(3), Linux 5.15.
struct symbolic_link {
    static constexpr const char* name = "symbolic_link";

    path_ref target;
    path_ref path;
    descriptor_ref directory = working_directory;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// Gives a file one name more.
/// Errors: those of linkat(2).
/// Source: linkat(2), io_uring_prep_linkat(3), Linux 5.15.
struct hard_link {
    static constexpr const char* name = "hard_link";

    path_ref from;
    path_ref to;
    int flags = 0;  ///< AT_SYMLINK_FOLLOW: what a symbolic link names, instead of the link.
    descriptor_ref from_directory = working_directory;
    descriptor_ref to_directory = working_directory;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

}  // namespace lariat
