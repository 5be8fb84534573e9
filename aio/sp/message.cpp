#include "aio/sp/message.hpp"

#include <cstring>
#include <new>

#include "runtime/frame_pool.hpp"

namespace lariat {

message::block* message::allocate(std::size_t room) {
    const std::size_t size = sizeof(block) + room;
    if (size < room) throw std::bad_alloc();
    auto* const made = new (frame_pool::allocate(size)) block;
    made->size = size;
    return made;
}

message::message(std::size_t size) {
    if (size == 0) return;
    if (size > SIZE_MAX - usual_headroom) throw std::bad_alloc();
    block_ = allocate(usual_headroom + size);
    first_ = block_->begin() + usual_headroom;
    size_ = size;
}

message::message(std::span<const std::byte> bytes) : message(bytes.size()) {
    if (!bytes.empty()) std::memcpy(first_, bytes.data(), bytes.size());
}

message::message(std::string_view text) : message(std::as_bytes(std::span(text))) {}

result<message> message::of_size(std::size_t size) noexcept {
    try {
        return message(size);
    } catch (const std::bad_alloc&) {
        return std::make_error_code(std::errc::not_enough_memory);
    }
}

void message::let_go() noexcept {
    // One that is not shared has nobody to be told: that saves a locked instruction.
    if (shared() && block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    const std::size_t size = block_->size;
    block_->~block();
    frame_pool::release(block_, size);
}

message message::copy(std::size_t headroom) const {
    block* const made = allocate(headroom + size_);
    if (size_ != 0) std::memcpy(made->begin() + headroom, first_, size_);
    return {made, made->begin() + headroom, size_};
}

buffer_view message::writable() {
    if (block_ && shared()) *this = copy(usual_headroom);
    return {first_, size_};
}

message message::share() const noexcept {
    if (block_) block_->owners.fetch_add(1, std::memory_order_relaxed);
    return {block_, first_, size_};
}

void message::push_front(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    const bool roomy = block_ && bytes.size() <= static_cast<std::size_t>(first_ - block_->begin());
    if (!roomy || shared()) *this = copy(usual_headroom + bytes.size());
    first_ -= bytes.size();
    size_ += bytes.size();
    std::memcpy(first_, bytes.data(), bytes.size());
}

}  // namespace lariat
