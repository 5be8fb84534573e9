#pragma once

#include <system_error>

#include "aio/aio.hpp"
#include "aio/op/buffer_pool.hpp"
#include "runtime/result.hpp"
#include "runtime/wait_report.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// The wait of one coroutine for a buffer.
class [[nodiscard]] buffer_awaiter final : public aio,
                                           public awaiting<buffer_awaiter>,
                                           private supply::user {
  public:
    explicit buffer_awaiter(buffer_pool& pool) noexcept : pool_(pool) {}
    ~buffer_awaiter() { retire(); }

    bool launch() noexcept {
        if (begin_on_strand()) start();
        return end_launch();
    }

    result<void> await_resume() const noexcept { return outcome(); }
    aio& subject() noexcept { return *this; }

  private:
    void start() noexcept {
        if (pool_.free() > 0)
            finish({});
        else if (defer(&give_up, this))
            pool_.wait(*this);
    }

    void supplied() noexcept override { finish({}); }

    static void give_up(aio& operation, void* self, std::error_code reason) noexcept {
        static_cast<buffer_awaiter*>(self)->supply::user::unlink();
        operation.finish(reason);
    }

    void describe(wait_report& report) const override {
        aio::describe(report);
        report.name = "buffer_wait";
        report.provider = "pool";
    }

    buffer_pool& pool_;
};

/// Waits until the pool has a buffer that the kernel may pick; at once when it has. For single
/// operations after `no_buffer_space`: a multishot waits by itself. A buffer that comes back ends
/// one wait, the oldest; another operation may be faster to use it.
/// Errors: none of its own. Cancel: ends the wait. Lifetime: ends before the pool does.
/// Threads: home.
struct buffer_wait {
    buffer_pool& pool;

    buffer_awaiter operator co_await() const noexcept { return buffer_awaiter(pool); }
};

}  // namespace lariat
