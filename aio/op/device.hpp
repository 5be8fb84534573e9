#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "aio/descriptor.hpp"
#include "aio/op/operation.hpp"

namespace lariat {

/// A command of a device's or file's own, as its driver defines it: block devices, ublk, sockets.
/// Those of NVMe drives need more room: `nvme_command`.
/// Returns: what the driver says.
/// Errors: not_supported by what has no commands; else the driver's.
/// Cancel: as far as the driver has it.
/// Source: io_uring_enter(2), IORING_OP_URING_CMD, Linux 5.19.
struct device_command {
    static constexpr const char* name = "device_command";

    descriptor_ref file;
    std::uint32_t command = 0;
    std::array<std::byte, 16> payload{};  ///< The end of the entry: `io_uring_sqe::cmd`.

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::uint32_t value(completion_event event) noexcept {
        return static_cast<std::uint32_t>(event.result);
    }
};

}  // namespace lariat
