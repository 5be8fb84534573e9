#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>

#include "aio/buffer.hpp"
#include "aio/sp/message.hpp"
#include "aio/sp/protocol.hpp"

namespace lariat {

/// The longest message that is received unless it is said otherwise; that of NNG too.
inline constexpr std::size_t usual_longest_message = 1024 * 1024;

/// A length of 0 for the longest message: whatever the peer says, as far as there is memory.
inline constexpr std::size_t no_longest_message = 0;

/// Turns bytes, as they come from a stream, into messages. Knows no stream.
///
///     stream -> room() -> advance(count) -> next(message) ... -> room() ...
///
/// It reads ahead, so that many small messages come with one receive; the rest of a large one goes
/// to where it will stay. What was received so far stays here when a receive is cancelled.
class sp_frame_reader {
  public:
    /// Errors: throws `std::bad_alloc`.
    sp_frame_reader(sp_mapping mapping, std::size_t longest);

    /// Where the next bytes go, in this order; one or two buffers, none empty.
    /// Requires: `next` has said that there is no more.
    std::span<const buffer_view> room() noexcept;

    /// So many bytes have come.
    void advance(std::size_t count) noexcept;

    /// Returns: whether `into` is the next message; else there is none yet, or see `error`. What
    /// there was no memory for is tried again.
    bool next(message& into) noexcept;

    /// Why there will be no more: protocol_error for what is no frame, limit_exceeded for a length
    /// above the limit; nothing is allocated for one. Or not_enough_memory: there is one, for which
    /// `next` has found no memory.
    std::error_code error() const noexcept { return error_; }

    /// Whether it is between two frames.
    bool whole() const noexcept { return !partial_ && begin_ == end_; }

  private:
    static constexpr std::size_t ahead = 32 * 1024;

    bool begin_frame(message& into) noexcept;
    bool fail(std::error_code why) noexcept {
        error_ = why;
        return false;
    }

    const bool marked_;
    const std::uint64_t longest_;
    std::error_code error_;
    std::unique_ptr<std::byte[]> bytes_;  // Read ahead.
    std::size_t begin_ = 0;               // Of what is in there.
    std::size_t end_ = 0;
    message arriving_;  // Of which only a part is there.
    std::size_t arrived_ = 0;
    bool partial_ = false;
    std::array<buffer_view, 2> room_;
};

/// Turns messages into bytes for a stream: many small ones into one buffer, of large ones only the
/// head. Knows no stream.
///
///     add(message) ... -> views() -> stream -> advance(count) ... until all_sent()
class sp_frame_writer {
  public:
    enum class added : std::uint8_t {
        no,        ///< There is no room: send what is there first.
        copied,    ///< The message is not needed any more.
        referred,  ///< It must stay as it is until all is sent.
    };

    /// Errors: throws `std::bad_alloc`.
    explicit sp_frame_writer(sp_mapping mapping);

    /// Requires: nothing was sent since the last time that all was.
    added add(const message& one) noexcept;

    /// What is to be sent, in this order.
    std::span<const const_buffer_view> views() const noexcept {
        return {views_.data() + sent_views_, view_count_ - sent_views_};
    }

    /// So many bytes were sent.
    void advance(std::size_t count) noexcept;

    bool all_sent() const noexcept { return sent_views_ == view_count_; }

    /// Whether some of what is there was sent, and some was not.
    bool torn() const noexcept { return started_ && !all_sent(); }

    /// Forgets what is there.
    void clear() noexcept;

  private:
    // A larger one is cheaper to name than to copy.
    static constexpr std::size_t largest_copied = 2048;
    static constexpr std::size_t room = 32 * 1024;
    static constexpr std::size_t most_referred = 16;

    const bool marked_;
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t used_ = 0;
    // Heads and small messages, then a large one, then heads again.
    std::array<const_buffer_view, 2 * most_referred + 1> views_;
    std::size_t view_count_ = 0;
    std::size_t sent_views_ = 0;
    std::size_t referred_ = 0;
    bool open_ = false;  // The last view is the end of `bytes_`, and can grow.
    bool started_ = false;
};

}  // namespace lariat
