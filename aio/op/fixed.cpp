#include "aio/op/fixed.hpp"

#include <liburing.h>

#include "runtime/capabilities.hpp"
#include "runtime/kernel_abi.hpp"

namespace lariat {

void read_fixed::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_read_fixed(&entry, file.number(), buffer.data(), buffer.transfer_size(), offset,
                             buffer.place());
    entry.flags = file.entry_flags();
}

void write_fixed::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_write_fixed(&entry, file.number(), buffer.data(), buffer.transfer_size(), offset,
                              buffer.place());
    entry.flags = file.entry_flags();
}

void readv_fixed::prepare(io_uring_sqe& entry) const noexcept {
    readv{.file = file, .buffers = buffers, .offset = offset}.prepare(entry);
    if (!capabilities().operation(kernel::op_readv_fixed)) return;
    entry.opcode = kernel::op_readv_fixed;
    entry.buf_index = inside.place();
}

void writev_fixed::prepare(io_uring_sqe& entry) const noexcept {
    writev{.file = file, .buffers = buffers, .offset = offset}.prepare(entry);
    if (!capabilities().operation(kernel::op_writev_fixed)) return;
    entry.opcode = kernel::op_writev_fixed;
    entry.buf_index = inside.place();
}

}  // namespace lariat
