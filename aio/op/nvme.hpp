#pragma once

#include <linux/nvme_ioctl.h>

#include <cstdint>

#include "aio/descriptor.hpp"
#include "aio/op/operation.hpp"

namespace lariat {

/// Which queue of a drive a command is for, and how its data lies in memory.
enum class nvme_queue : std::uint8_t {
    io,             ///< Of a namespace: /dev/ng0n1.
    io_vector,      ///< The same; `nvme_uring_cmd::addr` is an array of `iovec`.
    control,        ///< Of the controller: /dev/nvme0.
    control_vector  ///< The same; `nvme_uring_cmd::addr` is an array of `iovec`.
};

/// What an NVMe drive answers.
struct nvme_answer {
    std::uint16_t status = 0;  ///< As the drive has it: 0 is success.
    std::uint64_t result = 0;  ///< What the command defines, as the place of an append.
};

/// A command to an NVMe drive, past file system and block layer. The data it names stays the
/// caller's, and untouched, until the answer.
/// Requires: a scheduler whose ring is wide; see `ring_options::wide`.
/// Errors: function_not_supported on another ring; not_supported,
/// inappropriate_io_control_operation by what is no such drive; permission_denied; else the
/// driver's. What the drive itself refuses is its status, not an error. Cancel: a command that the
/// drive has is waited for. Source: linux/nvme_ioctl.h, NVMe Base Specification; Linux 5.19.
struct nvme_command {
    static constexpr const char* name = "nvme_command";

    descriptor_ref file;
    nvme_uring_cmd command{};
    nvme_queue queue = nvme_queue::io;
    mutable const ring* answered_by = nullptr;  ///< Where the second half of the answer comes.
    mutable std::uint64_t storage = 0;          ///< That half.

    void prepare(io_uring_sqe& entry) const noexcept;
    bool supported(const ring& kernel) const noexcept;
    completion_event fallback() const noexcept;
    completion_event translated(completion_event event) const noexcept;
    nvme_answer value(completion_event event) const noexcept {
        return {static_cast<std::uint16_t>(event.result), storage};
    }
};

}  // namespace lariat
