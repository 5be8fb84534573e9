#include "aio/op/device.hpp"

#include <liburing.h>

#include <cstring>

namespace lariat {

void device_command::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(IORING_OP_URING_CMD, &entry, file.number(), nullptr, 0, 0);
    entry.flags = file.entry_flags();
    entry.cmd_op = command;
    static_assert(offsetof(io_uring_sqe, addr3) + 16 == sizeof(io_uring_sqe));
    auto* const end = reinterpret_cast<std::byte*>(&entry + 1);
    std::memcpy(end - payload.size(), payload.data(), payload.size());
}

}  // namespace lariat
