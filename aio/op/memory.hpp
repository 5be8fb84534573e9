#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "aio/op/operation.hpp"

namespace lariat {

/// Says how memory will be used, or gives its contents up.
/// Requires: at most 4 GiB, the most that one entry names.
/// Errors: invalid_argument for memory that does not begin with a page; else those of madvise(2).
/// Source: madvise(2), io_uring_prep_madvise(3), Linux 5.6.
struct advise_memory {
    static constexpr const char* name = "advise_memory";

    std::span<std::byte> memory;
    int advice = MADV_NORMAL;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

}  // namespace lariat
