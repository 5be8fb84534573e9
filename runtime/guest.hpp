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
class guest : public root_task {
  public:
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;

    /// The host ends before the task does.
    /// Threads: the host's.
    void turn_out() noexcept {
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
    class arrival final : public runnable {
      public:
        explicit arrival(guest& whom) noexcept : whom_(whom) {}

      private:
        void run() noexcept override {}
        void arrive() noexcept override { whom_.arrive(); }

        guest& whom_;
    };

    class request final : public runnable {
      public:
        explicit request(guest& whom) noexcept : whom_(whom) {}

      private:
        void run() noexcept override {}
        void arrive() noexcept override { whom_.be_asked(); }

        guest& whom_;
    };

    enum class stage : std::uint8_t {
        away,   ///< Sent, and nobody has asked it to end.
        asked,  ///< A request is on its way, or has arrived: it does not go before.
        ended,  ///< No request will be sent any more.
    };

    void arrive() noexcept;
    void be_asked() noexcept;
    void leave(std::error_code turned_away) noexcept;
    void go() noexcept;
    std::coroutine_handle<> notify() noexcept final;

    scheduler* host_ = nullptr;
    arrival arrival_{*this};
    request request_{*this};
    std::error_code reason_;  // Written before the request is sent.
    std::error_code turned_away_;
    std::atomic<stage> stage_{stage::away};
    // The host's.
    bool was_asked_ = false;
    bool ended_ = false;
};

}  // namespace lariat
