#pragma once

#include <cstddef>
#include <utility>

#include "aio/sp/message.hpp"
#include "runtime/channel_queue.hpp"

namespace lariat {

/// Messages on their way through a socket, in order, so many at most: a limit on how many, and one
/// on the bytes in them, which a single message may exceed.
class message_queue {
  public:
    /// Large messages do not wait in great numbers: they would only leave the processor's cache.
    static constexpr std::size_t most_bytes = 1024 * 1024;

    /// Requires: `most` is not 0.
    /// Errors: throws `std::bad_alloc`; there is room for one message from here on.
    explicit message_queue(std::size_t most) : most_(most) {
        check(most != 0, "message_queue: of no message");
        messages_.reserve(1);
    }

    bool empty() const noexcept { return messages_.size() == 0; }
    std::size_t size() const noexcept { return messages_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

    bool full() const noexcept { return messages_.size() >= most_ || bytes_ >= most_bytes; }

    /// Whether so much has left that it pays to fill it again.
    bool roomy() const noexcept {
        return messages_.size() <= most_ / 2 && bytes_ <= most_bytes / 2;
    }

    /// Goes over the limit if it is full.
    /// Returns: false without memory for it; then it was not moved from.
    bool push(message&& one) noexcept {
        const std::size_t size = one.size();
        if (!messages_.push(std::move(one))) return false;
        bytes_ += size;
        return true;
    }

    /// `take(message&)` says whether it has moved from the oldest, which leaves the queue then.
    /// Requires: not empty.
    template <class Take>
    bool give(Take take) noexcept {
        const std::size_t size = front().size();
        if (!take(messages_.front())) return false;
        (void)messages_.pop();
        bytes_ -= size;
        return true;
    }

    /// Requires: not empty.
    const message& front() const noexcept { return messages_.front(); }
    message pop() noexcept {
        message oldest = messages_.pop();
        bytes_ -= oldest.size();
        return oldest;
    }

    /// Forgets all, and the memory that they were kept in.
    void release() noexcept {
        channel_queue<message>().swap(messages_);
        bytes_ = 0;
    }

  private:
    const std::size_t most_;
    std::size_t bytes_ = 0;
    channel_queue<message> messages_;
};

}  // namespace lariat
