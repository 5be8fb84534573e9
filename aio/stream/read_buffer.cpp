#include "aio/stream/read_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "runtime/check.hpp"
#include "runtime/error.hpp"

namespace lariat {

read_buffer::read_buffer(std::size_t usual) noexcept : usual_(std::max<std::size_t>(usual, 1)) {}

void read_buffer::drop(std::size_t count) noexcept {
    check(count <= size(), "read_buffer: more bytes taken than are there");
    first_ += count;
}

std::size_t read_buffer::move_to(buffer_view into) noexcept {
    const std::size_t count = std::min(into.size(), size());
    std::copy_n(memory_.get() + first_, count, into.data());
    first_ += count;
    return count;
}

result<buffer_view> read_buffer::room(std::size_t most) noexcept {
    if (first_ == last_) first_ = last_ = 0;
    // Bytes are moved only to as much room as they are: each of them is moved once on average.
    const bool nearly_full = capacity_ - last_ < capacity_ / 2;
    if (nearly_full && first_ >= size()) move_to_front();
    if (last_ == capacity_ && first_ > 0) move_to_front();
    if (last_ == capacity_ && !grow(most))
        return std::make_error_code(std::errc::not_enough_memory);
    return buffer_view(memory_.get() + last_, capacity_ - last_);
}

void read_buffer::move_to_front() noexcept {
    const std::size_t count = size();
    std::memmove(memory_.get(), memory_.get() + first_, count);
    first_ = 0;
    last_ = count;
}

// Only what is full grows, and its bytes are at its front.
bool read_buffer::grow(std::size_t most) noexcept {
    check(most > capacity_, "read_buffer: asked for room beyond its limit");
    const std::size_t wanted = std::max(usual_, capacity_ + std::min(capacity_, most - capacity_));
    std::unique_ptr<std::byte[]> larger(new (std::nothrow) std::byte[wanted]);
    if (!larger) return false;
    std::copy_n(memory_.get(), last_, larger.get());
    memory_ = std::move(larger);
    capacity_ = wanted;
    return true;
}

text_goal::text_goal(std::string_view delimiter, std::size_t limit, bool is_line) noexcept
    : delimiter_(delimiter), limit_(limit), is_line_(is_line) {
    check(!delimiter.empty(), "read_until: an empty delimiter is everywhere");
}

enough text_goal::look_at(const_buffer_view bytes) noexcept {
    const std::size_t size = std::min(bytes.size(), limit_);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), size);
    const std::size_t at = text.find(delimiter_, seen_);
    if (at != text.npos) return at + delimiter_.size();
    if (size == limit_) return make_error_code(error::limit_exceeded);
    // The beginning of one may be there already.
    if (size >= delimiter_.size()) seen_ = size - delimiter_.size() + 1;
    return {};
}

text_goal::value text_goal::reach(read_buffer& buffer, result<std::size_t> size) const noexcept {
    if (!size) return size.error();
    std::string_view text(reinterpret_cast<const char*>(buffer.bytes().data()), *size);
    buffer.drop(*size);
    text.remove_suffix(delimiter_.size());
    if (is_line_ && text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

enough count_goal::look_at(const_buffer_view bytes) const noexcept {
    if (bytes.size() < count_) return {};
    return count_;
}

peek_goal::value peek_goal::reach(read_buffer& buffer, result<std::size_t> size) const noexcept {
    if (!size) return size.error();
    return buffer.bytes().first(*size);
}

copy_goal::value copy_goal::reach(read_buffer& buffer, result<std::size_t> size) const noexcept {
    if (!size) return {size.error(), 0};
    return buffer.move_to(into_);
}

}  // namespace lariat
