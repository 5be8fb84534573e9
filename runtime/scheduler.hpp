#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <utility>

#include "runtime/clock.hpp"
#include "runtime/event.hpp"
#include "runtime/guest.hpp"
#include "runtime/home.hpp"
#include "runtime/ring.hpp"
#include "runtime/root_task.hpp"
#include "runtime/task.hpp"
#include "runtime/task_branch.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

class wake_signal;

/// Every limit of a scheduler, with the reason for its default.
struct scheduler_options {
    /// Sizes of the kernel's queues.
    ring_options ring{};
    /// Work per turn before the loop looks at the kernel again.
    home_budgets budgets{};
    /// How long an ending waits in silence for the kernel or a provider before it says on stderr
    /// what it waits for. Ten seconds is past any disk, and before the patience of an operator.
    std::chrono::nanoseconds patience = std::chrono::seconds(10);
    /// How long a loop with nothing to do looks for more before it sleeps, on CLOCK_MONOTONIC. To
    /// be woken takes some 5 us, on an idle virtual CPU ten times that; to look takes a CPU. For
    /// loops that have one each and answer one another: twice the time that an answer takes.
    std::chrono::nanoseconds spin{};
    /// Replaced in tests. Deadlines are compared with it; the kernel's wait still counts on
    /// CLOCK_MONOTONIC.
    const clock* time = &clock::system();
};

/// A home with a ring: the loop that coroutines run on.
///
/// A child process makes its own: there the parent's can only be destroyed, which touches nothing
/// of the parent.
///
/// Threads: belongs to the thread that makes it. Others may call `stop` and `post`, finish an
/// `aio`, abort one by its key, and request the stop of a `with_stop`.
class scheduler final : public home {
  public:
    /// Errors: throws `std::system_error` when there can be no ring, see `available`, or when it is
    /// to poll its disk.
    explicit scheduler(scheduler_options options = {});

    /// Cancels with `stopped` what is still pending and waits until kernel and providers have let
    /// go of it. Resumes nobody.
    ~scheduler();

    /// Runs a task, and everything it starts, until the task ends.
    /// Returns: the task's value; rethrows its exception.
    template <class T>
    T run(task<T> body) {
        main_task root;
        task_branch<T> branch(std::move(body));
        // A task that runs this inside of another scheduler holds that one up: what it has to send
        // goes first, or a wake could wait for what waits for it.
        if (here.kernel) here.kernel->poll();
        activation active(*this);
        enter(root);
        root.start(branch);
        run_until_done(root);
        return branch.await_resume();
    }

    /// Asks every task that `run` waits for, and every wait of a foreign coroutine, to end with
    /// `stopped`. Tasks started later start as stopped ones.
    /// Threads: any.
    void stop() noexcept;

    /// Writes what is pending, one line for each wait: operation, age, descriptor, deadline,
    /// provider, and the tasks that wait for it.
    void dump(std::ostream& out);

    /// Tasks from other threads that are here: `on`, `start_on`.
    std::size_t guests() const noexcept { return guest_count_; }

    /// Set for a moment whenever one of them has gone.
    event& guest_gone() noexcept { return guest_gone_; }

    ring* kernel() noexcept override { return &ring_; }

  private:
    friend class guest;
    class stop_request;

    bool admit(guest& one) noexcept;
    void see_off() noexcept;
    void turn_out_soon(guest& one) noexcept;
    bool knows_what_runs() noexcept;
    root_task* idle_recalled() noexcept;
    bool turn_out_recalled() noexcept;
    void turn_out_all() noexcept;
    void turn_out(root_task& one) noexcept;
    void submit_outside() noexcept;

    void wake(urgency when) noexcept override;
    bool send_wake(int other_ring) noexcept override;
    void await_outside() noexcept override;
    void begin_drain() noexcept override;

    void enter(main_task& root) noexcept;
    void run_until_done(main_task& root) noexcept;
    void look_for_more() noexcept;
    void look_outside(bool may_sleep, time_point deadline) noexcept;
    void raise_stopped() noexcept;

    ring ring_;
    const std::chrono::nanoseconds patience_;
    const std::chrono::nanoseconds spin_;
    intrusive_list<root_task, root_task> roots_;
    intrusive_list<root_task, root_task> guests_;
    intrusive_list<root_task, root_task> recalled_;
    intrusive_list<root_task, root_task> leaving_;  // Being turned out.
    std::size_t guest_count_ = 0;  // Those included that wait for a message to them.
    event guest_gone_;
    std::unique_ptr<stop_request> stop_request_;
    // Made last: from then on the kernel owes an answer, and nothing may fail.
    std::unique_ptr<wake_signal> wake_signal_;
    time_point complain_at_ = never;
    bool stopped_ = false;
    bool running_ = false;
    bool ending_ = false;
};

/// Runs a task on a scheduler of its own.
/// Returns: the task's value; rethrows its exception.
/// Errors: throws `std::system_error` when there can be no ring; see `available`.
template <class T>
T run(task<T> body, scheduler_options options = {}) {
    scheduler loop(options);
    return loop.run(std::move(body));
}

}  // namespace lariat
