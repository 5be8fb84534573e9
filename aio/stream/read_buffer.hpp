#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "aio/buffer.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// Bytes that came and were not taken yet, side by side.
class read_buffer {
  public:
    /// `usual` bytes of memory, once there is something to receive; more only on demand.
    explicit read_buffer(std::size_t usual) noexcept;

    const_buffer_view bytes() const noexcept { return {memory_.get() + first_, size()}; }
    std::size_t size() const noexcept { return last_ - first_; }
    std::size_t usual() const noexcept { return usual_; }

    /// They are taken; their memory stays as it is until there has to be room again.
    /// Requires: there are so many.
    void drop(std::size_t count) noexcept;

    /// Takes as many as there are, and fit. Returns: how many.
    std::size_t move_to(buffer_view into) noexcept;

    /// Returns: where the next bytes go, at least one. The memory grows with what has come, to
    /// `most` bytes or the usual ones. Requires: fewer than `most` bytes are there.
    /// Errors: not_enough_memory.
    result<buffer_view> room(std::size_t most) noexcept;

    /// So many have come into the room.
    void advance(std::size_t count) noexcept { last_ += count; }

  private:
    void move_to_front() noexcept;
    bool grow(std::size_t most) noexcept;

    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t first_ = 0;
    std::size_t last_ = 0;
    const std::size_t usual_;
};

/// How many bytes are enough; empty: more must come.
using enough = std::optional<result<std::size_t>>;

/// What is read from a buffer: what is enough of it, and what becomes of that. Text is what ends
/// with a delimiter; each byte is looked at once, however they come.
class text_goal {
  public:
    using value = result<std::string_view>;

    /// Requires: a delimiter that is not empty.
    text_goal(std::string_view delimiter, std::size_t limit, bool is_line) noexcept;

    /// Errors: limit_exceeded.
    enough look_at(const_buffer_view bytes) noexcept;
    std::size_t most() const noexcept { return limit_; }

    /// Takes the text, and yields it without its end.
    value reach(read_buffer& buffer, result<std::size_t> size) const noexcept;

  private:
    std::string_view delimiter_;
    std::size_t limit_;
    std::size_t seen_ = 0;  // No delimiter begins before.
    bool is_line_;
};

/// So many bytes.
class count_goal {
  public:
    explicit count_goal(std::size_t count) noexcept : count_(count) {}

    enough look_at(const_buffer_view bytes) const noexcept;
    std::size_t most() const noexcept { return count_; }

  private:
    std::size_t count_;
};

/// So many bytes, which stay.
class peek_goal : public count_goal {
  public:
    using value = result<const_buffer_view>;
    using count_goal::count_goal;

    value reach(read_buffer& buffer, result<std::size_t> size) const noexcept;
};

/// As many bytes as go into a buffer.
class copy_goal : public count_goal {
  public:
    using value = transfer;
    explicit copy_goal(buffer_view into) noexcept : count_goal(into.size()), into_(into) {}

    value reach(read_buffer& buffer, result<std::size_t> size) const noexcept;

  private:
    buffer_view into_;
};

}  // namespace lariat
