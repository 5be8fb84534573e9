#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <system_error>

#include "runtime/intrusive_list.hpp"

namespace lariat {

struct thread_pool_options {
    /// Calls that run at once; the others wait for their turn. 64 is enough for disks and name
    /// servers, and little memory for threads that mostly sleep.
    std::size_t most = 64;
    /// How long a thread stays without work.
    std::chrono::milliseconds idle{10'000};
};

/// Threads for calls that block. One is made when a call comes and all are busy, and ends when it
/// had nothing to do for a while.
///
/// Threads: any. A child process (`fork`) has none of them, and makes a pool of its own.
class thread_pool {
  public:
    /// A call that waits for a thread, or has one.
    class job : public list_hook<job> {
      public:
        /// Called on a thread of the pool. The last touch by the pool.
        virtual void execute() noexcept = 0;

      protected:
        ~job() = default;
    };

    explicit thread_pool(thread_pool_options options = {}) noexcept;
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    /// Requires: nothing waits. Blocks until its threads have ended.
    ~thread_pool();

    /// Of this process, made when it is first asked for. Errors: throws `std::bad_alloc`.
    static thread_pool& common();

    /// Queues a call.
    /// Errors: what pthread_create(3) says, when there is no thread and none can be made.
    /// Lifetime: the job lives until it has run, or was taken back.
    std::error_code submit(job& one) noexcept;

    /// Returns: whether the job had no thread yet: it will not run.
    bool take_back(job& one) noexcept;

    std::size_t threads() const noexcept;

  private:
    static void* serve(void* self) noexcept;
    void work() noexcept;
    std::error_code add_thread() noexcept;

    const thread_pool_options options_;
    const unsigned made_after_;
    mutable std::mutex lock_;
    std::condition_variable changed_;  // There is work, or the end; or a thread has ended.
    intrusive_list<job, job> waiting_;
    std::size_t queued_ = 0;
    std::size_t threads_ = 0;
    std::size_t idle_ = 0;
    bool ending_ = false;
};

}  // namespace lariat
