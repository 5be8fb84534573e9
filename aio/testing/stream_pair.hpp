#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <system_error>

#include "aio/aio.hpp"
#include "aio/aio_group.hpp"
#include "aio/aio_list.hpp"
#include "aio/buffer.hpp"
#include "runtime/error.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"

namespace lariat::testing {

class memory_stream;
class memory_transfer;

/// One direction of a stream pair: bytes on their way, and who waits at either end.
class memory_pipe {
  public:
    explicit memory_pipe(std::size_t capacity);

    std::size_t size() const noexcept { return size_; }

    /// Takes what is there. Returns: whether the operation is finished.
    bool try_receive(memory_transfer& operation) noexcept;
    /// Takes what there is room for. Returns: whether the operation is finished.
    bool try_send(memory_transfer& operation) noexcept;

    void wait_for_bytes(memory_transfer& operation) noexcept;
    void wait_for_room(memory_transfer& operation) noexcept;

    /// No more bytes come: what is left is received, then comes the end.
    void end() noexcept;
    /// Nobody will receive: what is left is lost, and sends fail.
    void break_off() noexcept;

    void limit_steps(std::size_t most) noexcept { most_ = most; }

  private:
    void pump() noexcept;
    void put(const std::byte* from, std::size_t count) noexcept;
    void get(std::byte* to, std::size_t count) noexcept;

    const std::size_t capacity_;
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
    std::size_t most_ = std::numeric_limits<std::size_t>::max();
    bool ended_ = false;
    bool broken_ = false;
    aio_list receiving_;
    aio_list sending_;
};

/// A receive or a send that is awaited.
class memory_transfer final : public aio, public awaiting<memory_transfer> {
  public:
    memory_transfer(memory_stream& stream, buffer_view into) noexcept;
    memory_transfer(memory_stream& stream, const_buffer_view from) noexcept;
    ~memory_transfer() { retire(); }

    bool launch() noexcept;
    result<std::size_t> await_resume() const noexcept {
        if (const std::error_code why = error()) return why;
        return count();
    }
    aio& subject() noexcept { return *this; }

  private:
    friend class memory_pipe;

    void on_settled() noexcept override { member_.leave(); }
    void describe(wait_report& report) const override;
    static void give_up(aio& operation, void*, std::error_code reason) noexcept;

    memory_stream& stream_;
    std::byte* into_ = nullptr;
    const std::byte* from_ = nullptr;
    const std::size_t size_;
    const bool receives_ = true;
    aio_group::member member_;
};

/// One end of a stream pair.
///
/// Errors of its operations: closed, once this end is closed; broken_pipe for a send that nobody
/// will receive; canceled, timed_out, stopped.
/// Cancel: accepted at once. A cancelled receive took nothing, a cancelled send sent nothing.
/// Threads: those of one home.
/// Lifetime: outlives its operations.
class memory_stream {
  public:
    struct receive_description {
        memory_stream* stream;
        buffer_view buffer;
        memory_transfer operator co_await() const noexcept { return {*stream, buffer}; }
    };
    struct send_description {
        memory_stream* stream;
        const_buffer_view buffer;
        memory_transfer operator co_await() const noexcept { return {*stream, buffer}; }
    };

    memory_stream(memory_pipe& in, memory_pipe& out) noexcept : in_(in), out_(out) {}
    memory_stream(const memory_stream&) = delete;
    memory_stream& operator=(const memory_stream&) = delete;

    /// At least one byte, as soon as there is one; 0 when the peer is done, and for an empty
    /// buffer. `result<std::size_t>`.
    [[nodiscard]] receive_description receive(buffer_view buffer) noexcept {
        return {this, buffer};
    }

    /// As many bytes as there is room for, at least one; 0 for an empty buffer.
    /// `result<std::size_t>`.
    [[nodiscard]] send_description send(const_buffer_view buffer) noexcept {
        return {this, buffer};
    }

    /// This end sends no more; the peer receives what is on its way, then the end.
    void shutdown_send() noexcept { out_.end(); }

    /// Both directions are over. Operations of this end, pending or new, end with `closed`.
    void close() noexcept;

  private:
    friend class memory_transfer;

    memory_pipe& in_;
    memory_pipe& out_;
    aio_group operations_;
};

/// Two byte streams, connected in memory: what one sends the other receives, in order and with
/// back-pressure.
///
///     stream_pair pair(16);                       // sends wait when 16 bytes are on their way
///     co_await write_all(pair.left(), text);      // in one task
///     co_await read_exactly(pair.right(), room);  // in another
class stream_pair {
  public:
    static constexpr std::size_t default_capacity = 4096;

    explicit stream_pair(std::size_t capacity = default_capacity)
        : rightward_(capacity), leftward_(capacity) {}

    memory_stream& left() noexcept { return left_; }
    memory_stream& right() noexcept { return right_; }

    /// No operation moves more than `most` bytes, as on a bad day of a network.
    void limit_steps(std::size_t most) noexcept {
        rightward_.limit_steps(most);
        leftward_.limit_steps(most);
    }

    /// Bytes that were sent and not received yet.
    std::size_t on_their_way() const noexcept { return rightward_.size() + leftward_.size(); }

  private:
    memory_pipe rightward_;
    memory_pipe leftward_;
    memory_stream left_{leftward_, rightward_};
    memory_stream right_{rightward_, leftward_};
};

}  // namespace lariat::testing
