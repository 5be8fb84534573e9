#pragma once

#include <cstddef>

#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/path_ref.hpp"

namespace lariat {

/// Reads an extended attribute of an open file.
/// Returns: its size in bytes; with an empty buffer the size that it needs.
/// Errors: no_message_available (ENODATA) when there is none of that name, result_out_of_range when
/// the buffer is too small, not_supported by the file system; else those of getxattr(2).
/// Lifetime: name and buffer until the operation has finished.
/// Source: fgetxattr(2), io_uring_prep_fgetxattr(3), Linux 5.19.
struct get_attribute {
    static constexpr const char* name = "get_attribute";

    descriptor_ref file;
    path_ref attribute;  ///< With its class, as in "user.comment".
    buffer_view buffer;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// The same by path, which is followed through symbolic links.
/// Source: getxattr(2), io_uring_prep_getxattr(3), Linux 5.19.
struct get_attribute_at {
    static constexpr const char* name = "get_attribute";

    path_ref path;
    path_ref attribute;
    buffer_view buffer;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// Writes an extended attribute of an open file.
/// Errors: file_exists, or no_message_available (ENODATA), as the flags demand; not_supported by
/// the file system; else those of setxattr(2).
/// Source: fsetxattr(2), io_uring_prep_fsetxattr(3), Linux 5.19.
struct set_attribute {
    static constexpr const char* name = "set_attribute";

    descriptor_ref file;
    path_ref attribute;  ///< With its class, as in "user.comment".
    const_buffer_view data;
    int flags = 0;  ///< XATTR_CREATE: it must be new; XATTR_REPLACE: it must not.

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// The same by path, which is followed through symbolic links.
/// Source: setxattr(2), io_uring_prep_setxattr(3), Linux 5.19.
struct set_attribute_at {
    static constexpr const char* name = "set_attribute";

    path_ref path;
    path_ref attribute;
    const_buffer_view data;
    int flags = 0;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

}  // namespace lariat
