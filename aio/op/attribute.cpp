#include "aio/op/attribute.hpp"

#include <liburing.h>

namespace lariat {
namespace {

char* text_of(buffer_view buffer) noexcept { return reinterpret_cast<char*>(buffer.data()); }

const char* text_of(const_buffer_view buffer) noexcept {
    return reinterpret_cast<const char*>(buffer.data());
}

}  // namespace

void get_attribute::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_fgetxattr(&entry, file.number(), attribute.text(), text_of(buffer),
                            buffer.transfer_size());
    entry.flags = file.entry_flags();
}

void get_attribute_at::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_getxattr(&entry, attribute.text(), text_of(buffer), path.text(),
                           buffer.transfer_size());
}

void set_attribute::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_fsetxattr(&entry, file.number(), attribute.text(), text_of(data), flags,
                            data.transfer_size());
    entry.flags = file.entry_flags();
}

void set_attribute_at::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_setxattr(&entry, attribute.text(), text_of(data), path.text(), flags,
                           data.transfer_size());
}

}  // namespace lariat
