#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iosfwd>

#include "runtime/check.hpp"
#include "runtime/clock.hpp"
#include "runtime/mailbox.hpp"
#include "runtime/ready_queue.hpp"
#include "runtime/rotation.hpp"
#include "runtime/timer.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

class ring;

/// How much a home does before it looks outside again. Each is at least 1.
struct home_budgets {
    /// Resumptions from the ready queue per turn. 256 keeps a turn in the tens of microseconds,
    /// and makes the cost of looking outside a fraction of a nanosecond for each.
    int resumptions = 256;
    /// Waits that were over at once, per turn, before one of them is queued for the next. Bounds
    /// what a coroutine that never suspends can keep the others from. Of more than
    /// `resumptions * transfers - 1` the rest is ignored: else one could keep every turn for
    /// itself.
    int immediate = 256;
    /// Transfers from coroutine to coroutine before one of them goes through the ready queue.
    /// Without optimisation a transfer is a call: this bounds the stack, at 32 to about 8 KiB.
    int transfers = 32;
};

/// What the running coroutine needs of its thread, in one place that a load reaches.
struct thread_context {
    home* at = nullptr;      ///< The home whose turn it is; null outside of any.
    ring* kernel = nullptr;  ///< Its ring; null for a home without one.
    strand* line = nullptr;  ///< The strand of the running coroutine; null for a foreign one.
    int transfers = 0;       ///< What is left of `home_budgets::transfers`.
    int immediate = 0;       ///< What is left of `home_budgets::immediate`.
};

extern constinit thread_local thread_context here __attribute__((tls_model("initial-exec")));

/// The state of one thread that coroutines run on: what is ready, what is due, what was posted.
/// Knows no kernel: a scheduler adds the ring, tests drive a home by hand with a manual clock.
///
/// Threads: all but `post` and `on_this_thread` happens on the thread that made the home.
class home {
  public:
    /// Requires: budgets of 1 and more.
    explicit home(const clock& time = clock::system(), home_budgets budgets = {}) noexcept;
    home(const home&) = delete;
    home& operator=(const home&) = delete;

    /// The home whose turn it is on this thread.
    /// Requires: one is.
    static home& current() noexcept {
        check(here.at != nullptr, "no scheduler runs on this thread: await inside run(task)");
        return *here.at;
    }

    bool on_this_thread() const noexcept { return thread_ == &here; }

    time_point now() const noexcept { return clock_.now(); }

    void make_ready(runnable& item) noexcept { ready_.push(item); }

    /// For a transfer that was interrupted: ahead of all others, so that order is kept, until the
    /// turn's budget of waits that were over at once is spent by transfers. Then behind them, or
    /// who only awaits what is ready would run alone for ever.
    void make_ready_interrupted(runnable& item) noexcept {
        here.immediate -= budgets_.transfers;
        if (here.immediate >= 0)
            ready_.push_front(item);
        else
            make_ready_next_turn(item);
    }

    /// For who has spent the turn's budget of waits that were over at once: behind the others, and
    /// the turn ends before the first of them, who goes on with a new budget.
    void make_ready_next_turn(runnable& item) noexcept {
        if (!first_of_next_turn_) first_of_next_turn_ = &item;
        ready_.push(item);
    }

    /// `item.arrive()` is called at home, in the order of each thread's posts. A sleeping home is
    /// woken, once for all that is posted until it has woken; once more if the ring of who woke it
    /// may still hold the wake when another thread posts.
    /// Lifetime: the item is the home's until it arrives. Once it has arrived the home may end: its
    /// destructor waits for the call to return.
    /// Threads: any.
    void post(runnable& item) noexcept;

    /// Lets everything posted before arrive now. For destructors whose node may be in flight.
    void flush() noexcept;

    timer_queue& timers() noexcept { return timers_; }

    /// Waits that no strand reaches: shutdown does, through here.
    intrusive_list<waiter, waiter>& orphans() noexcept { return orphans_; }

    /// Handles what arrived and what is due, then resumes what is ready, within the budgets.
    /// Returns: whether something is still ready.
    bool turn() noexcept;

    /// Blocks this thread, running no coroutine and firing no timer, until `done()`. What arrives
    /// for others meanwhile only becomes ready. For destructors of what is still pending.
    template <class Done>
    void drain_until(Done done) noexcept {
        begin_drain();
        while (!done()) await_outside();
    }

    /// Inside an arrival, a reap or a cancel function nothing may be destroyed.
    bool dispatching() const noexcept { return dispatching_ != 0; }

    /// Held while code runs that must not destroy a task or an aio.
    class dispatch_guard {
      public:
        explicit dispatch_guard(home& at) noexcept : home_(at) { ++home_.dispatching_; }
        ~dispatch_guard() { --home_.dispatching_; }
        dispatch_guard(const dispatch_guard&) = delete;
        dispatch_guard& operator=(const dispatch_guard&) = delete;

      private:
        home& home_;
    };

    /// Scopes of coroutines that have no strand, for the same purpose.
    intrusive_list<strand_scope, strand_scope>& loose_scopes() noexcept { return loose_scopes_; }

    /// Operations that a provider has yet to finish. The home does not end before they have.
    std::size_t pending() const noexcept { return pending_; }
    void count_pending(int change) noexcept { pending_ += static_cast<std::size_t>(change); }

    /// The start of this turn on the kernel's coarse clock, in milliseconds that wrap.
    std::uint32_t coarse_now() const noexcept { return coarse_now_; }

    /// How many turns were taken.
    std::uint64_t turns() const noexcept { return turns_; }

    /// See `select`.
    rotation& turns_of_selects() noexcept { return rotation_; }

    /// The ring that operations of the kernel go through; null: there is none.
    virtual ring* kernel() noexcept { return nullptr; }

    /// Wakes another scheduler by a message through this home's ring.
    /// Returns: false when there is no ring, or no room in it.
    virtual bool send_wake(int) noexcept { return false; }

  protected:
    ~home();

    enum class urgency : bool {
        with_next_batch,  ///< Of the ring that the calling thread has.
        at_once,
    };

    /// Makes `await_outside` return soon, from any thread. The default serves a home without a
    /// kernel, which sleeps on its mailbox.
    virtual void wake(urgency when) noexcept;

    /// Waits until something happened outside; what arrived is handled, no coroutine resumed and
    /// no timer fired. Must return once something was posted.
    virtual void await_outside() noexcept;

    /// Everything pending is about to be waited for: resets the time after which a scheduler says
    /// what it waits for.
    virtual void begin_drain() noexcept {}

    bool ready() const noexcept { return !ready_.empty(); }
    bool mail() const noexcept { return !mailbox_.empty(); }

    /// Returns: whether the home may sleep: nothing has been posted. From here on posts wake it.
    bool fall_asleep() noexcept;
    void awake() noexcept { sleep_.store(awake_now, std::memory_order_relaxed); }

    void fire_timers() noexcept;
    unsigned empty_mailbox() noexcept;

    /// Waits until no thread is inside of `post` any more: it has woken this home, perhaps.
    void await_posters() noexcept;

    /// In a child of the process: what other threads posted, or were about to, is not done here.
    void forget_others() noexcept;

    /// The end: what is ready, due or orphaned is let go without being resumed, and will not
    /// touch this home again.
    void forget_all() noexcept;

    /// Sets this home as the thread's current one while it lives.
    class activation {
      public:
        explicit activation(home& at) noexcept : previous_(here) {
            here = {&at, at.kernel(), nullptr, 0, 0};
        }
        ~activation() { here = previous_; }
        activation(const activation&) = delete;
        activation& operator=(const activation&) = delete;

      private:
        thread_context previous_;
    };

  private:
    /// What `sleep_` is, if it is not the ring that has promised a wake.
    enum : std::uintptr_t { awake_now, asleep };

    void wake_sleeper() noexcept;

    const clock& clock_;
    const home_budgets budgets_;
    const thread_context* const thread_ = &here;
    ready_queue ready_;
    runnable* first_of_next_turn_ = nullptr;  // Compared only: it may be gone.
    timer_queue timers_;
    intrusive_list<waiter, waiter> orphans_;
    intrusive_list<strand_scope, strand_scope> loose_scopes_;
    std::size_t pending_ = 0;
    int dispatching_ = 0;
    std::uint32_t coarse_now_ = 0;
    std::uint64_t turns_ = 0;
    rotation rotation_;
    alignas(64) mailbox mailbox_;
    std::atomic<std::uintptr_t> sleep_{awake_now};
    std::atomic<unsigned> posting_{0};  // Threads inside of `post`.
};

/// Whether a coroutine may go on with another one directly: while the turn's budget lasts.
inline bool may_transfer() noexcept { return --here.transfers >= 0; }

/// Otherwise the other one goes through the ready queue, as `node`.
/// Returns: what `await_suspend` returns.
inline std::coroutine_handle<> transfer_later(runnable& node) noexcept {
    home::current().make_ready_interrupted(node);
    return std::noop_coroutine();
}

/// A wait that is over at once does not suspend, until the turn's budget of such waits is spent:
/// then the waiter is queued once, so that others go first, and the turn ends before it.
/// Returns: whether it was queued, which is what `await_suspend` returns.
inline bool queue_if_budget_spent(runnable& wait) noexcept {
    if (--here.immediate >= 0) [[likely]]
        return false;
    home::current().make_ready_next_turn(wait);
    return true;
}

/// Makes a waiter awaitable by any coroutine: `class x final : public waiter, public awaiting<x>`.
///
/// `bool launch() noexcept` begins the wait; false: it is over already, nothing is suspended.
template <class Self>
class awaiting {
  public:
    bool await_ready() const noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        auto& self = static_cast<Self&>(*this);
        self.attach(coroutine);
        return self.launch() || queue_if_budget_spent(self);
    }
};

}  // namespace lariat
