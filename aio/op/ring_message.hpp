#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "aio/awaitable.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/operation.hpp"
#include "runtime/completion.hpp"
#include "runtime/home.hpp"

namespace lariat {

/// What came from another ring: a word, or a descriptor.
struct ring_message {
    std::uint32_t word = 0;
    descriptor file;
};

/// Where other rings send words and descriptors to, one kernel's answer each, without a lock. What
/// was sent before the inbox ended has arrived, or its sender was told `closed`.
///
/// Threads: that of its home; `where` and what it returns go to others.
/// Lifetime: within its scheduler's. Destroying it waits for what is on its way, and closes
/// descriptors that nobody took.
/// Source: io_uring_prep_msg_ring(3), io_uring_prep_msg_ring_fd(3), Linux 6.3.
class ring_inbox final : private completion {
  public:
    class next_message;
    class gate;

    /// Who sends needs one. It may outlive the inbox.
    using address = std::shared_ptr<gate>;

    /// Direct descriptors that are sent are put into `files`, which outlives the inbox.
    /// Requires: the current home has a ring.
    /// Errors: throws `std::bad_alloc`.
    explicit ring_inbox(direct_table* files = nullptr);
    ring_inbox(const ring_inbox&) = delete;
    ring_inbox& operator=(const ring_inbox&) = delete;
    ~ring_inbox();

    const address& where() const noexcept { return gate_; }

    /// Waits for the next message; `result<ring_message>`. Messages of one sender come in order.
    /// Errors: not_enough_memory when one was lost for lack of it; canceled, timed_out.
    /// Cancel: ends the wait; what comes is kept.
    [[nodiscard]] next_message& next() noexcept;

  private:
    friend class ring_send;

    void prepare(io_uring_sqe&) const noexcept override {}
    void complete(completion_event event) noexcept override;
    void start(aio& waiter) noexcept;
    ring_message take() noexcept;
    ring_message message_of(completion_event event) noexcept;
    static void give_up(aio& waiter, void* self, std::error_code reason) noexcept;

    home& home_;
    direct_table* files_;
    address gate_;
    answer_queue messages_;
    aio* waiter_ = nullptr;
    bool lost_ = false;
    std::unique_ptr<next_message> next_;
};

/// Counts what is on its way to an inbox, so that the inbox stays until it has arrived.
class ring_inbox::gate {
  public:
    gate(int ring, home& at, ring_inbox& inbox, bool takes_direct) noexcept
        : ring_(ring), at_(at), inbox_(inbox), takes_direct_(takes_direct) {}

    /// One more is on its way. Returns: false when the inbox has ended.
    bool enter() noexcept;
    void arrived() noexcept { on_their_way_.fetch_sub(1, std::memory_order_acq_rel); }
    void close() noexcept { on_their_way_.fetch_or(closed, std::memory_order_acq_rel); }
    bool empty() const noexcept {
        return (on_their_way_.load(std::memory_order_acquire) & ~closed) == 0;
    }

    int ring() const noexcept { return ring_; }
    home& at() const noexcept { return at_; }
    completion& target() const noexcept { return inbox_; }
    bool takes_direct() const noexcept { return takes_direct_; }

  private:
    static constexpr std::uint32_t closed = 1U << 31;

    const int ring_;
    home& at_;
    ring_inbox& inbox_;
    const bool takes_direct_;
    std::atomic<std::uint32_t> on_their_way_{0};
};

class ring_inbox::next_message final : public aio_awaitable<ring_message> {
  public:
    explicit next_message(ring_inbox& inbox) noexcept : inbox_(inbox) {}
    ~next_message() { this->retire(); }

  private:
    void start() noexcept override { inbox_.start(*this); }
    ring_message value() noexcept override { return inbox_.take(); }

    ring_inbox& inbox_;
};

inline ring_inbox::next_message& ring_inbox::next() noexcept { return *next_; }

/// Sends a word to an inbox, of this thread's ring or another's: `co_await send_word{...}`.
/// Returns: `result<void>`: it has arrived, or will before the inbox ends.
/// Errors: closed when the inbox has ended; function_not_supported before Linux 6.3; canceled when
/// the task was cancelled before.
/// Cancel: ignored, it does not wait.
/// Lifetime: the address until it has finished.
struct send_word {
    static constexpr const char* name = "send_word";

    const ring_inbox::address& to;
    std::uint32_t word = 0;
};

/// Hands a descriptor over to an inbox. A direct one gets a place in the inbox's own table.
/// Returns: `result<void>`. On success `file` is empty; otherwise it is still the caller's.
/// Errors: those of `send_word`; no_such_device_or_address for a direct one when the inbox has no
/// table, too_many_files_open_in_system when its table is full.
/// Lifetime: the address and the descriptor until it has finished.
struct send_descriptor {
    static constexpr const char* name = "send_descriptor";

    const ring_inbox::address& to;
    descriptor& file;
};

/// The awaiter of both.
class [[nodiscard]] ring_send final : public kernel_operation, public awaiting<ring_send> {
  public:
    explicit ring_send(send_word call) noexcept : to_(call.to), word_(call.word) {}
    explicit ring_send(send_descriptor call) noexcept;
    ~ring_send() { retire(); }

    bool launch() noexcept;
    result<void> await_resume() const noexcept { return error(); }

  private:
    friend class ring_inbox;

    /// What a message is; travels with it.
    enum class kind : std::uint8_t {
        nothing,  ///< It could not be made.
        word,
        number,  ///< A descriptor with a number.
        direct,  ///< A descriptor with a place in the inbox's table.
    };

    void prepare(io_uring_sqe& entry) const noexcept override;
    void complete(completion_event event) noexcept override;
    void describe(wait_report& report) const override;

    void submit() noexcept;
    void deliver_at_home() noexcept;
    void end() noexcept;

    const ring_inbox::address& to_;
    descriptor* file_ = nullptr;
    std::uint32_t word_ = 0;
    kind kind_ = kind::word;
    bool installing_ = false;  // The descriptor gets its place; then the message follows.
    int failure_ = 0;
};

inline ring_send operator co_await(send_word call) noexcept { return ring_send(call); }
inline ring_send operator co_await(send_descriptor call) noexcept { return ring_send(call); }

}  // namespace lariat
