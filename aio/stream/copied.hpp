#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

#include "aio/buffer.hpp"
#include "runtime/check.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// Bytes that a source gave and a sink did not take yet, in memory of their own.
class held_bytes {
  public:
    held_bytes() noexcept = default;
    /// Has no memory when there is none.
    explicit held_bytes(std::size_t capacity) noexcept;

    held_bytes(held_bytes&& other) noexcept
        : memory_(std::move(other.memory_)),
          capacity_(std::exchange(other.capacity_, 0)),
          first_(std::exchange(other.first_, 0)),
          last_(std::exchange(other.last_, 0)) {}
    held_bytes& operator=(held_bytes&& other) noexcept {
        held_bytes taken(std::move(other));
        std::swap(memory_, taken.memory_);
        std::swap(capacity_, taken.capacity_);
        std::swap(first_, taken.first_);
        std::swap(last_, taken.last_);
        return *this;
    }
    ~held_bytes() = default;

    std::size_t capacity() const noexcept { return capacity_; }
    const_buffer_view bytes() const noexcept { return {memory_.get() + first_, last_ - first_}; }

    /// Requires: nothing is held.
    buffer_view room() const noexcept { return {memory_.get(), capacity_}; }

    /// More came, behind what is held.
    void add(std::size_t count) noexcept;
    void drop(std::size_t count) noexcept;

    /// Returns: where more goes, behind what is held.
    buffer_view room_behind() const noexcept { return room().drop_first(last_); }

  private:
    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t first_ = 0;
    std::size_t last_ = 0;
};

/// Which stream of a copy an error is of.
enum class copy_side : std::uint8_t {
    none,    ///< There is no error, or it is of neither.
    source,  ///< Receiving from the source failed, or was given up.
    sink,    ///< Sending to the sink failed, or was given up.
};

/// How far a copy came. True when the source came to its end and the sink took all.
class [[nodiscard]] copied {
  public:
    copied() noexcept = default;
    copied(std::uint64_t count, std::error_code error, copy_side side, held_bytes rest) noexcept
        : count_(count), error_(error), side_(side), rest_(std::move(rest)) {}

    explicit operator bool() const noexcept { return !error_; }
    std::error_code error() const noexcept { return error_; }

    /// Whose error it is; of a cancel, whose answer was waited for.
    copy_side side() const noexcept { return side_; }

    /// Bytes that the sink took.
    std::uint64_t count() const noexcept { return count_; }

    /// Bytes that the source gave and the sink did not take: they come before what the source
    /// gives next.
    const_buffer_view rest() const noexcept { return rest_.bytes(); }

    /// Requires: no error.
    std::uint64_t operator*() const noexcept {
        check(!error_, "copied: the count of an error was read; look at error() first");
        return count_;
    }

    /// The same, with another name for its error.
    copied with_error(std::error_code why) && noexcept;
    /// The same, with an error of what came after.
    copied failed_after(std::error_code why, copy_side side) && noexcept;

  private:
    std::uint64_t count_ = 0;
    std::error_code error_;
    copy_side side_ = copy_side::none;
    held_bytes rest_;
};

template <>
inline constexpr bool carries_error<copied> = true;

/// How far a relay came. True when both directions came to their end.
class [[nodiscard]] relayed {
  public:
    copied forward;   ///< From the first stream to the second.
    copied backward;  ///< From the second stream to the first.

    explicit operator bool() const noexcept { return !error_; }

    /// The error that came first; the other direction was cancelled because of it.
    std::error_code error() const noexcept { return error_; }

    /// Requires: no error.
    void operator*() const noexcept {
        check(!error_, "relayed: the value of an error was read; look at error() first");
    }

    /// The same, with another name for its error.
    relayed with_error(std::error_code why) && noexcept;

    // What the directions call.

    void ended(copied relayed::* way, copied how) noexcept;

  private:
    std::error_code error_;
};

template <>
inline constexpr bool carries_error<relayed> = true;

/// A copy on its way.
class copy_progress {
  public:
    explicit copy_progress(std::size_t size) noexcept;

    /// Whether there is nothing to be received or sent any more.
    bool over() const noexcept;

    /// What the sink is to take next; empty: the source is to give more.
    const_buffer_view held() const noexcept { return held_.bytes(); }
    buffer_view room() const noexcept { return held_.room(); }

    void received(const transfer& step) noexcept;
    void received(const result<std::size_t>& step) noexcept { received(as_transfer(step)); }
    void sent(const transfer& step) noexcept;
    void sent(const result<std::size_t>& step) noexcept { sent(as_transfer(step)); }

    // What moves bytes past this memory tells of them here.

    std::size_t size() const noexcept { return held_.capacity(); }
    void passed(std::size_t count) noexcept { count_ += count; }
    void ended() noexcept { ended_ = true; }
    void failed(copy_side side, std::error_code why) noexcept;
    /// Bytes that are held after all. Requires: there is room for them.
    buffer_view room_behind() const noexcept { return held_.room_behind(); }
    void hold(std::size_t count) noexcept { held_.add(count); }

    copied outcome() && noexcept;

  private:
    static transfer as_transfer(const result<std::size_t>& step) noexcept {
        return step ? transfer(*step) : transfer(step.error(), 0);
    }

    held_bytes held_;
    std::uint64_t count_ = 0;
    std::error_code error_;
    copy_side side_ = copy_side::none;
    bool ended_ = false;  // The source gives no more.
};

}  // namespace lariat
