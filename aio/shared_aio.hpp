#pragma once

#include <atomic>
#include <cstdint>

#include "aio/aio.hpp"

namespace lariat {

/// An aio that other threads may abort.
///
/// The request is one word, the generation it is meant for and the reason, and one message: a
/// request that is on its way is overwritten, not sent twice; one that arrives after its operation
/// has ended is dropped.
class shared_aio : public aio {
  public:
    using aio::abort;

    /// Asks the operation that `key` names to end; see `aio::abort`.
    /// Lifetime: the aio must outlive the call.
    /// Threads: any.
    void abort(aio_key key, lariat::error reason = lariat::error::canceled) noexcept;

  protected:
    shared_aio() = default;
    ~shared_aio();

  private:
    class message final : public runnable {
      public:
        explicit message(shared_aio& whom) noexcept : whom_(whom) {}

      private:
        void run() noexcept override {}
        void arrive() noexcept override { whom_.receive_request(); }

        shared_aio& whom_;
    };

    void receive_request() noexcept;

    message message_{*this};
    std::atomic<std::uint64_t> request_{0};  // 0: no message is on its way.
};

}  // namespace lariat
