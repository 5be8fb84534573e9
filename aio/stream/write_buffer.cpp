#include "aio/stream/write_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "runtime/check.hpp"

namespace lariat {

write_buffer::write_buffer(std::size_t capacity) noexcept
    : capacity_(std::max<std::size_t>(capacity, 1)) {}

result<std::size_t> write_buffer::put(const_buffer_view bytes) noexcept {
    if (!memory_) memory_.reset(new (std::nothrow) std::byte[capacity_]);
    if (!memory_) return std::make_error_code(std::errc::not_enough_memory);
    const std::size_t count = std::min(bytes.size(), capacity_ - size());
    if (count > capacity_ - last_) {
        std::memmove(memory_.get(), memory_.get() + first_, size());
        last_ = size();
        first_ = 0;
    }
    std::copy_n(bytes.data(), count, memory_.get() + last_);
    last_ += count;
    return count;
}

void write_buffer::sent(std::size_t count) noexcept {
    check(count <= size(), "write_buffer: a stream sent more bytes than it was given");
    first_ += count;
    if (first_ == last_) clear();
}

}  // namespace lariat
