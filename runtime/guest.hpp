#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <system_error>

#include "runtime/error.hpp"
#include "runtime/root_task.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

class scheduler;

/// A task that another thread sent to a scheduler: how it comes, is asked to end, and goes. It goes
/// once it has ended and no message to it is under way: after that its host may end too, and
/// nothing of the host's touches it.
///
/// A host that is blocked in a destructor still destroys guests that are recalled: two that wait
/// for each other's guests both go on. Not the guest that the destructor is a part of; and none
/// where that cannot be told, in a foreign coroutine, in a generator that nobody asks any more, in
/// a task of a scheduler that a task has made: there they wait until the destructor has returned.
/// A foreign coroutine that a task resumes itself counts as a part of that task, and of no other;
/// so does a guest that visits this scheduler again by way of another one.
class guest : public root_task {
  public:
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;

    /// The host ends before the task does.
    /// Threads: the host's.
    void turn_out() noexcept {
        turned_out_ = true;
        evict();
        leave(make_error_code(error::stopped));
    }

  protected:
    guest() = default;
    ~guest() = default;

    /// Lifetime: the host lives until the guest has arrived; then until it has gone.
    /// Threads: the sender's.
    void send_to(scheduler& host) noexcept;

    /// Asks the task to end, once; harmless when it has.
    /// Threads: the sender's.
    void ask_to_end(std::error_code reason) noexcept;

    /// Has the task destroyed where it is, once; harmless when it has ended.
    /// Threads: the sender's.
    void recall() noexcept;

    /// Why there is no outcome: closed when the host was ending as it came, stopped when the host
    /// ended before the task did.
    /// Requires: gone.
    std::error_code turned_away() const noexcept { return turned_away_; }

    // On the host's thread.

    /// Begins the task.
    virtual void begin() noexcept = 0;

    /// Destroys the task, which has begun and not ended.
    virtual void evict() noexcept = 0;

    /// It has gone. The last touch by the host.
    virtual void gone() noexcept = 0;

  private:
    /// Calls a function of the guest where it arrives.
    class message final : public runnable {
      public:
        using handler = void (guest::*)() noexcept;

        message(guest& whom, handler what) noexcept : whom_(whom), what_(what) {}

      private:
        void run() noexcept override {}
        void arrive() noexcept override { (whom_.*what_)(); }

        guest& whom_;
        const handler what_;
    };

    // What was sent, as bits; the last says that nothing will be any more.
    static constexpr std::uint8_t request_sent = 1;
    static constexpr std::uint8_t recall_sent = 2;
    static constexpr std::uint8_t ended = 4;

    void send(std::uint8_t kind, message& what) noexcept;

    void arrive() noexcept;
    void be_asked() noexcept;
    void be_recalled() noexcept;
    void leave(std::error_code turned_away) noexcept;
    void go_if_nothing_comes() noexcept;
    std::coroutine_handle<> notify() noexcept final;

    scheduler* host_ = nullptr;
    message arrival_{*this, &guest::arrive};
    message request_{*this, &guest::be_asked};
    message recall_{*this, &guest::be_recalled};
    std::error_code reason_;  // Written before the request is sent.
    std::error_code turned_away_;
    std::atomic<std::uint8_t> sent_{0};
    // The host's.
    std::uint8_t arrived_ = 0;  // Of what was sent.
    std::uint8_t awaited_ = 0;  // What was sent before it ended.
    bool turned_out_ = false;   // Its task is being destroyed, or was.
    bool ended_ = false;
};

}  // namespace lariat
