#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/buffer_table.hpp"
#include "aio/op/file.hpp"
#include "aio/op/operation.hpp"

namespace lariat {

/// The same as `read`, into registered memory.
/// Source: io_uring_prep_read_fixed(3), Linux 5.1.
struct read_fixed {
    static constexpr const char* name = "read_fixed";

    descriptor_ref file;
    fixed_view buffer;
    std::uint64_t offset = current_position;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// The same as `write`, from registered memory.
/// Source: io_uring_prep_write_fixed(3), Linux 5.1.
struct write_fixed {
    static constexpr const char* name = "write_fixed";

    descriptor_ref file;
    fixed_view buffer;
    std::uint64_t offset = current_position;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// The same as `readv`, into several parts of one registered buffer.
/// Errors: bad_address for a part that lies elsewhere.
/// Source: io_uring_prep_readv_fixed(3), Linux 6.15; a plain `readv` before.
struct readv_fixed {
    static constexpr const char* name = "readv_fixed";

    descriptor_ref file;
    std::span<const buffer_view> buffers;
    fixed_view inside;  ///< What all of them are parts of.
    std::uint64_t offset = current_position;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// The same as `writev`, from several parts of one registered buffer.
/// Errors: bad_address for a part that lies elsewhere.
/// Source: io_uring_prep_writev_fixed(3), Linux 6.15; a plain `writev` before.
struct writev_fixed {
    static constexpr const char* name = "writev_fixed";

    descriptor_ref file;
    std::span<const const_buffer_view> buffers;
    fixed_view inside;  ///< What all of them are parts of.
    std::uint64_t offset = current_position;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

}  // namespace lariat
