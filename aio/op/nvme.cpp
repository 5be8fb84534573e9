#include "aio/op/nvme.hpp"

#include <errno.h>
#include <liburing.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <cstring>

#include "runtime/ring.hpp"

namespace lariat {
namespace {

std::uint32_t number_of(nvme_queue queue) noexcept {
    switch (queue) {
        case nvme_queue::io_vector:
            return NVME_URING_CMD_IO_VEC;
        case nvme_queue::control:
            return NVME_URING_CMD_ADMIN;
        case nvme_queue::control_vector:
            return NVME_URING_CMD_ADMIN_VEC;
        default:
            return NVME_URING_CMD_IO;
    }
}

// A command begins where a plain entry has its last 16 bytes, and goes on in the second half.
constexpr std::size_t begin_of_command = 48;
static_assert(offsetof(io_uring_sqe, addr3) == begin_of_command);
static_assert(begin_of_command + sizeof(nvme_uring_cmd) <= 2 * sizeof(io_uring_sqe));

}  // namespace

void nvme_command::prepare(io_uring_sqe& entry) const noexcept {
    auto* const bytes = reinterpret_cast<std::byte*>(&entry);
    io_uring_prep_rw(IORING_OP_URING_CMD, &entry, file.number(), nullptr, 0, 0);
    entry.flags = file.entry_flags();
    entry.cmd_op = number_of(queue);
    std::memcpy(bytes + begin_of_command, &command, sizeof command);
}

bool nvme_command::supported(const ring& kernel) const noexcept {
    answered_by = &kernel;
    return kernel.wide();
}

completion_event nvme_command::fallback() const noexcept { return {-ENOSYS, 0}; }

completion_event nvme_command::translated(completion_event event) const noexcept {
    storage = answered_by->second_half()[0];
    return event;
}

}  // namespace lariat
