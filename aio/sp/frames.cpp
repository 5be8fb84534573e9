#include "aio/sp/frames.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "runtime/error.hpp"

namespace lariat {
namespace {

constexpr std::byte mark{1};
constexpr std::size_t length_size = 8;

constexpr std::size_t head_size(bool marked) noexcept {
    return marked ? 1 + length_size : length_size;
}

std::uint64_t big_endian(std::uint64_t value) noexcept {
    return std::endian::native == std::endian::big ? value : __builtin_bswap64(value);
}

std::byte* put_head(std::byte* at, bool marked, std::size_t size) noexcept {
    if (marked) *at++ = mark;
    const std::uint64_t length = big_endian(size);
    std::memcpy(at, &length, length_size);
    return at + length_size;
}

}  // namespace

sp_frame_reader::sp_frame_reader(sp_mapping mapping, std::size_t longest)
    : marked_(mapping == sp_mapping::ipc),
      longest_(longest == no_longest_message ? UINT64_MAX : longest),
      bytes_(std::make_unique_for_overwrite<std::byte[]>(ahead)) {}

std::span<const buffer_view> sp_frame_reader::room() noexcept {
    // What is left is less than a head: a frame that has begun has its own memory.
    const std::size_t left = end_ - begin_;
    if (begin_ != 0) std::memmove(bytes_.get(), bytes_.get() + begin_, left);
    begin_ = 0;
    end_ = left;
    room_[1] = {bytes_.get() + end_, ahead - end_};
    if (!partial_) return {room_.data() + 1, 1};
    room_[0] = {arriving_.writable().data() + arrived_, arriving_.size() - arrived_};
    return room_;
}

void sp_frame_reader::advance(std::size_t count) noexcept {
    if (partial_) {
        const std::size_t own = std::min(count, arriving_.size() - arrived_);
        arrived_ += own;
        count -= own;
    }
    check(count <= ahead - end_, "sp_frame_reader: more bytes came than there was room for");
    end_ += count;
}

bool sp_frame_reader::next(message& into) noexcept {
    if (error_) [[unlikely]] {
        if (error_ != std::errc::not_enough_memory) return false;
        error_ = {};
    }
    if (!partial_) return begin_frame(into);
    if (arrived_ < arriving_.size()) return false;
    partial_ = false;
    into = std::move(arriving_);
    return true;
}

bool sp_frame_reader::begin_frame(message& into) noexcept {
    const std::byte* at = bytes_.get() + begin_;
    const std::size_t there = end_ - begin_;
    // Looked at as soon as it is there: a peer that talks of something else may never send more.
    if (marked_ && there > 0 && *at != mark)
        return fail(std::make_error_code(std::errc::protocol_error));
    const std::size_t head = head_size(marked_);
    if (there < head) return false;
    std::uint64_t length;
    std::memcpy(&length, at + head - length_size, length_size);
    length = big_endian(length);
    if (length > longest_) return fail(make_error_code(error::limit_exceeded));

    auto made = message::of_size(static_cast<std::size_t>(length));
    if (!made) return fail(made.error());
    const std::size_t size = made->size();
    const std::size_t count = std::min(size, there - head);
    if (count != 0) std::memcpy(made->writable().data(), at + head, count);
    begin_ += head + count;
    if (count == size) {
        into = *std::move(made);
        return true;
    }
    arriving_ = *std::move(made);
    arrived_ = count;
    partial_ = true;
    return false;
}

sp_frame_writer::sp_frame_writer(sp_mapping mapping)
    : marked_(mapping == sp_mapping::ipc),
      bytes_(std::make_unique_for_overwrite<std::byte[]>(room)) {}

sp_frame_writer::added sp_frame_writer::add(const message& one) noexcept {
    check(!started_ || all_sent(), "sp_frame_writer: added to what is being sent");
    if (started_) clear();
    const std::size_t head = head_size(marked_);
    const bool copied = one.size() <= largest_copied;
    const std::size_t needed = head + (copied ? one.size() : 0);
    if (needed > room - used_ || (!copied && referred_ == most_referred)) return added::no;

    std::byte* const start = bytes_.get() + used_;
    std::byte* const after = put_head(start, marked_, one.size());
    if (copied && !one.empty()) std::memcpy(after, one.data(), one.size());
    used_ += needed;
    if (open_) {
        const_buffer_view& last = views_[view_count_ - 1];
        last = {last.data(), last.size() + needed};
    } else {
        views_[view_count_++] = {start, needed};
        open_ = true;
    }
    if (copied) return added::copied;
    views_[view_count_++] = one.bytes();
    ++referred_;
    open_ = false;
    return added::referred;
}

void sp_frame_writer::advance(std::size_t count) noexcept {
    started_ = started_ || count != 0;
    while (count != 0) {
        check(sent_views_ < view_count_, "sp_frame_writer: more was sent than there was");
        const_buffer_view& first = views_[sent_views_];
        const std::size_t step = std::min(count, first.size());
        count -= step;
        first = first.drop_first(step);
        if (first.empty()) ++sent_views_;
    }
}

void sp_frame_writer::clear() noexcept {
    used_ = view_count_ = sent_views_ = referred_ = 0;
    open_ = started_ = false;
}

}  // namespace lariat
