#include "runtime/scheduler.hpp"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <system_error>
#include <thread>

#include "runtime/check.hpp"
#include "runtime/dump.hpp"
#include "runtime/error.hpp"
#include "runtime/ring_wait.hpp"
#include "runtime/wake_signal.hpp"

namespace lariat {

/// `stop()` as a message. One node serves all calls: the first that finds it idle sends it.
class scheduler::stop_request final : public runnable {
  public:
    explicit stop_request(scheduler& whom) noexcept : scheduler_(whom) {}

    void send() noexcept {
        if (!sent_.exchange(true)) scheduler_.post(*this);
    }

  private:
    void run() noexcept override {}
    void arrive() noexcept override { scheduler_.raise_stopped(); }

    scheduler& scheduler_;
    std::atomic<bool> sent_{false};
};

namespace {

/// Leaves the core to its other thread for a moment.
void pause_briefly() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
}

ring_options woken_by_interrupts(ring_options options) {
    if (options.disk != disk_completion::interrupt)
        throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                                "scheduler: nothing can wake a ring that polls its disk");
    return options;
}

/// Looks for a strand among all that a strand waits for.
class strand_search final : public line_visitor {
  public:
    explicit strand_search(const strand& wanted) noexcept : wanted_(wanted) {}

    bool found() const noexcept { return found_; }

    void visit(strand& line) override {
        if (&line == &wanted_) found_ = true;
        if (found_) return;
        if (line.leaf) line.leaf->show_lines(*this);
        line.scopes.for_each([&](strand_scope& scope) { scope.show_lines(*this); });
    }

  private:
    const strand& wanted_;
    bool found_ = false;
};

bool is_part_of(const strand& line, strand& whole) {
    strand_search search(line);
    search.visit(whole);
    return search.found();
}

}  // namespace

scheduler::scheduler(scheduler_options options)
    : home(*options.time, options.budgets),
      ring_(woken_by_interrupts(options.ring)),
      patience_(options.patience),
      spin_(options.spin),
      stop_request_(std::make_unique<stop_request>(*this)),
      wake_signal_(std::make_unique<wake_signal>(ring_)) {}

scheduler::~scheduler() {
    if (ring_.inherited()) {
        forget_others();
        forget_all();
        return;
    }
    check(on_this_thread(), "scheduler: destroyed on a thread that is not its own");
    check(roots_.empty(), "scheduler: destroyed while it runs");
    submit_outside();
    activation active(*this);
    ending_ = true;
    empty_mailbox();
    raise_stopped();
    turn_out_all();
    drain_until([this] { return guest_count_ == 0; });
    drain_until([this] { return pending() == 0; });
    wake_signal_->end();
    drain_until([this] { return ring_.in_flight() == 0; });
    await_posters();
    // Whoever came last is turned away, and hears of it; one that was being asked to end goes when
    // the question has arrived.
    empty_mailbox();
    while (guest_count_ != 0) {
        std::this_thread::yield();
        empty_mailbox();
    }
    ring_.poll();
    await_posters();
    forget_all();
}

void scheduler::enter(main_task& root) noexcept {
    check(on_this_thread(), "scheduler: run on a thread that is not its own");
    check(!ring_.inherited(), "scheduler: run in a child of the process that made it");
    if (stopped_) root.line().cancel(make_error_code(error::stopped));
    roots_.push_back(root);
}

/// Nobody need wake a loop that looks by itself.
void scheduler::look_for_more() noexcept {
    constexpr int looks_per_time = 16;
    const clock& real = clock::system();
    const time_point enough = after(real.now(), spin_);
    ring_.poll();
    do {
        for (int i = 0; i < looks_per_time; ++i) {
            if (mail() || ring_.has_news()) return;
            pause_briefly();
        }
    } while (now() < timers().next() && real.now() < enough);
}

[[gnu::always_inline]] inline void scheduler::look_outside(bool may_sleep,
                                                           time_point deadline) noexcept {
    if (may_sleep && fall_asleep()) {
        ring_.wait_inlined(deadline == never ? forever : deadline - now());
        awake();
    } else {
        ring_.poll();
    }
    dispatch_guard guard(*this);
    ring_.reap();
}

void scheduler::run_until_done(main_task& root) noexcept {
    check(!running_, "scheduler: run again from inside one of its tasks");
    running_ = true;
    while (!root.done()) {
        turn();
        if (root.done()) break;
        while (root_task* recalled = recalled_.pop_front()) turn_out(*recalled);
        if (spin_ > spin_.zero() && !ready()) look_for_more();
        // What was turned out may have let go what others waited for.
        look_outside(!ready(), timers().next());
    }
    // What was prepared last goes out: the thread that a wake is for may be all others wait for.
    ring_.poll();
    root.unlink();
    running_ = false;
}

void scheduler::begin_drain() noexcept {
    check(on_this_thread() && !dispatching(),
          "destroyed inside a completion, an arrival or a cancel function, or on another thread "
          "than its home's, while it is pending");
    complain_at_ = after(now(), patience_);
}

/// Another scheduler's task may destroy what is this one's, or this one. What is waited for then
/// may depend on a wake that its ring still holds.
void scheduler::submit_outside() noexcept {
    if (here.kernel && here.kernel != &ring_) here.kernel->poll();
}

void scheduler::await_outside() noexcept {
    // One that was turned out may have ended what is waited for.
    const bool turned_out = turn_out_recalled();
    submit_outside();
    look_outside(!turned_out, complain_at_);
    empty_mailbox();
    if (now() < complain_at_) return;
    complain_at_ = after(now(), patience_);
    std::cerr << "lariat: still waiting for these to end:\n";
    dump(std::cerr);
}

void scheduler::wake(urgency when) noexcept {
    // From a thread with a ring a message is cheaper.
    if (when == urgency::with_next_batch && here.at->send_wake(ring_.descriptor())) return;
    wake_signal_->raise();
}

/// A ring that is about to end may not take another message along.
bool scheduler::send_wake(int other_ring) noexcept {
    return wake_signal_->watching() && ring_.send_wake(other_ring);
}

void scheduler::stop() noexcept {
    stop_request_->send();
    // Who asks may be about to block until it has happened: the wake goes out now.
    if (here.kernel) here.kernel->poll();
}

void scheduler::raise_stopped() noexcept {
    stopped_ = true;
    const std::error_code reason = make_error_code(error::stopped);
    dispatch_guard guard(*this);
    roots_.for_each([&](root_task& root) { root.line().cancel(reason); });
    guests_.for_each([&](root_task& one) { one.line().cancel(reason); });
    orphans().for_each([&](waiter& orphan) { orphan.cancel(reason); });
    loose_scopes().for_each([&](strand_scope& scope) { scope.cancel(reason); });
}

bool scheduler::admit(guest& one) noexcept {
    ++guest_count_;
    if (ending_) return false;
    guests_.push_back(one);
    if (stopped_) one.line().cancel(make_error_code(error::stopped));
    return true;
}

void scheduler::see_off() noexcept {
    --guest_count_;
    guest_gone_.set();
    guest_gone_.reset();
}

void scheduler::turn_out_soon(guest& one) noexcept {
    one.unlink();
    recalled_.push_back(one);
}

/// Whether what runs is found among the first tasks and all that they wait for. What is not may be
/// anybody's: a foreign coroutine, a generator that nobody asks, another scheduler's task.
bool scheduler::knows_what_runs() noexcept {
    if (!running_) return true;  // Nobody's.
    if (!here.line) return here.at == this && !leaving_.empty();
    bool found = false;
    for (auto* list : {&roots_, &guests_, &recalled_, &leaving_})
        list->for_each(
            [&](root_task& root) { found = found || is_part_of(*here.line, root.line()); });
    return found;
}

/// Returns: null if there is none of which no part runs, in a destructor that blocks.
root_task* scheduler::idle_recalled() noexcept {
    if (recalled_.empty() || !knows_what_runs()) return nullptr;
    root_task* idle = nullptr;
    recalled_.for_each([&](root_task& root) {
        if (!idle && !(here.line && is_part_of(*here.line, root.line()))) idle = &root;
    });
    return idle;
}

/// The others are destroyed between turns.
/// Returns: whether one was turned out.
bool scheduler::turn_out_recalled() noexcept {
    bool turned_out = false;
    // What one leaves behind may block in turn, and look for more of them from there.
    while (root_task* idle = idle_recalled()) {
        idle->unlink();
        turn_out(*idle);
        turned_out = true;
    }
    return turned_out;
}

void scheduler::turn_out_all() noexcept {
    for (auto* list : {&guests_, &recalled_})
        while (root_task* root = list->pop_front()) turn_out(*root);
}

void scheduler::turn_out(root_task& one) noexcept {
    leaving_.push_back(one);
    static_cast<guest&>(one).turn_out();
}

void scheduler::dump(std::ostream& out) {
    dump_writer writer(out, now());
    writer.heading(ring_.in_flight() - (wake_signal_->watching() ? 1 : 0), timers().size());
    roots_.for_each([&](root_task& root) { writer.line(root.line()); });
    for (auto* list : {&guests_, &recalled_, &leaving_})
        list->for_each([&](root_task& one) { writer.line(one.line()); });
    orphans().for_each([&](waiter& orphan) { writer.orphan(orphan); });
    loose_scopes().for_each([&](strand_scope& scope) { writer.scope(scope); });
}

}  // namespace lariat
