#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/guest.hpp"
#include "runtime/result.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"

namespace lariat {

struct worker_options {
    /// Threads; 0: one for each CPU that this process may use.
    std::size_t workers = 0;
    /// Each stays on one of those CPUs, in turn: caches stay warm, and the kernel may not move it.
    bool pinned = false;
    scheduler_options scheduler{};
};

class worker;

/// Threads with a scheduler each. A task stays on the worker that it was given to.
///
/// Threads: any may spawn and stop; the one that made it, or was given it, destroys it, and none of
/// the workers. A child process (`fork`) has none of them: there it must not be destroyed.
class worker_group {
  public:
    /// All workers run when this returns.
    /// Errors: throws `std::system_error`, when a thread or a ring cannot be had or pinned; those
    /// that ran already have ended then.
    explicit worker_group(worker_options options = {});
    worker_group(const worker_group&) = delete;
    worker_group& operator=(const worker_group&) = delete;

    /// Stops, and blocks until all tasks and threads have ended: `drain` first when tasks of it may
    /// wait for this thread. What a task threw and nobody asked for is lost.
    ~worker_group();

    std::size_t size() const noexcept { return workers_.size(); }

    /// For `on` and `start_on`. Lifetime: the group's destructor waits for what was spawned, not
    /// for those who still send by `start_on` from elsewhere.
    scheduler& operator[](std::size_t number) noexcept;

    /// Starts `f(args...)`, which returns a `task<>`, on a worker. The group keeps `f` and copies
    /// of the arguments for as long as the task runs. What it throws is `rethrow`'s.
    /// Once the group is stopped, tasks begin as stopped ones. Errors: throws `std::bad_alloc`.
    template <class F, class... Args>
    void spawn_on(std::size_t number, F&& f, Args&&... args) {
        send(number, call_and_keep<task<>, std::decay_t<F>, std::decay_t<Args>...>(
                         std::forward<F>(f), std::forward<Args>(args)...));
    }

    /// The same, on the worker that has fewest tasks.
    /// Returns: its number.
    template <class F, class... Args>
    std::size_t spawn(F&& f, Args&&... args) {
        const std::size_t number = least_loaded();
        spawn_on(number, std::forward<F>(f), std::forward<Args>(args)...);
        return number;
    }

    /// Tasks that were spawned on a worker and have not ended.
    std::size_t load(std::size_t number) const noexcept;

    /// Asks every task to end with `stopped`. Twice is fine. Threads: any.
    void stop() noexcept;

    /// Waits so long for all tasks to end by themselves, then stops the group and waits for their
    /// end. `result<void>`: timed_out when some had to be stopped.
    /// Cancel: stops at once. Threads: a scheduler that is none of the group's.
    task<result<void>> drain(std::chrono::nanoseconds patience);

    /// Throws what a task threw first, once.
    void rethrow();

  private:
    friend class worker;

    void send(std::size_t number, task<> body);
    std::size_t least_loaded() const noexcept;
    task<result<void>> await_idle();
    void keep(std::exception_ptr thrown) noexcept;

    std::atomic<std::size_t> tasks_{0};  // Of all workers.
    std::vector<std::unique_ptr<worker>> workers_;
    std::mutex lock_;
    std::exception_ptr thrown_;
};

}  // namespace lariat
