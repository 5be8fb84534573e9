#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "runtime/check.hpp"
#include "runtime/clock.hpp"
#include "runtime/error.hpp"
#include "runtime/home.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

class aio;

/// Asks a provider to give an operation up. It may finish the operation here and now, or later; it
/// may also return without a change: then the operation, and its deadline, stay in place.
/// Threads: the aio's home. Must not destroy a task or an aio.
using cancel_function = void (*)(aio& operation, void* argument, std::error_code reason) noexcept;

/// Names one operation of an aio, and no later one. It knows the way by itself: reading the aio's
/// home from another thread would race with the next `begin`.
struct aio_key {
    std::uint32_t generation = 0;
    home* at = nullptr;
};

/// One asynchronous operation, seen from two sides: the consumer waits and may give up, the
/// provider does the work. Whatever happens, the consumer is told once.
///
///     idle -> begun -> deferred -> finished -> begun ...
///
/// A provider calls `defer`, and later `finish`, exactly once; when it is done at once it need not
/// defer. Deadline, cancel and stop are all an `abort`: they ask, only `finish` ends.
///
/// Threads: `finish` may be called from any thread; all else on the thread of the aio's home,
/// which is the one that was current when it began.
/// Lifetime: destroying an aio whose operation is pending cancels it and waits for its provider;
/// a type that owns what its provider uses calls `retire()` in its own destructor.
class aio : public timed_waiter {
  public:
    enum class state : std::uint8_t {
        idle,      ///< Nothing was begun.
        begun,     ///< The provider has it. An abort is remembered for `defer`.
        deferred,  ///< The provider will finish it. An abort is passed on to it.
        finished,  ///< Error and count are those of the operation.
    };

    aio(const aio&) = delete;
    aio& operator=(const aio&) = delete;

    // The consumer's side.

    /// A new operation: error and count are cleared, the limit of time is left alone. Cannot fail.
    /// Requires: no operation is in progress, and the last one's consumer has been told.
    void begin(continuation consumer) noexcept {
        attach(nullptr, consumer);
        begin();
        become_leaf(*home_);
    }

    /// Limits each operation to `span` from where it is deferred, until changed. 0 tries once: what
    /// can be done at once is done. `forever` lifts the limit. An operation in progress keeps its
    /// own.
    void set_timeout(duration span) noexcept {
        limit_ = span < duration::zero() ? duration::zero() : span;
        limit_kind_ = span == forever ? limit::none : limit::timeout;
    }

    /// Limits the next operation, and only that one, however it ends.
    void set_deadline(time_point when) noexcept {
        limit_ = when.time_since_epoch();
        limit_kind_ = when == never ? limit::none : limit::deadline;
    }

    /// A limit of time, to be put back.
    struct saved_limit {
        duration value;
        std::uint8_t kind;
    };

    /// For `within`, which limits one operation and leaves what was set before in place.
    saved_limit save_limit() const noexcept {
        return {limit_, static_cast<std::uint8_t>(limit_kind_)};
    }
    void restore_limit(saved_limit saved) noexcept {
        limit_ = saved.value;
        limit_kind_ = static_cast<limit>(saved.kind);
    }

    /// Asks the operation to end with `reason`; without one, with `canceled`. The first reason
    /// wins. Nothing happens to an aio that is idle or finished.
    /// Threads: home; from elsewhere see `shared_aio`.
    void abort(std::error_code reason = make_error_code(error::canceled)) noexcept;

    bool in_progress() const noexcept {
        return progress_.at == state::begun || progress_.at == state::deferred;
    }
    state current_state() const noexcept { return progress_.at; }

    /// How the last operation ended: empty on success.
    std::error_code error() const noexcept {
        return progress_.at == state::finished ? outcome() : std::error_code();
    }

    /// The same for one that is known to be finished.
    std::error_code outcome() const noexcept {
        if (error_value_ == 0) [[likely]]
            return {};
        return {error_value_, *error_category_};
    }

    /// What it moved, in bytes or items; also with an error.
    std::size_t count() const noexcept { return count_; }

    /// Requires: begun.
    aio_key key() const noexcept { return {generation_, home_}; }

    // The provider's side.

    /// The operation will finish later; until then `canceler(*this, argument, reason)` may ask to
    /// give it up, once for each of cancel, deadline and stop. Null: it cannot be cancelled, and
    /// no deadline is armed.
    /// Returns: false when the operation is over already (aborted, stopped, late): the consumer is
    /// told, and the provider touches nothing.
    [[nodiscard]] bool defer(cancel_function canceler, void* argument) noexcept {
        return defer(canceler, argument, lateness::refused);
    }

    /// Ends the operation. The last touch of the aio by its provider: the consumer may destroy it.
    /// What was written before is visible to the consumer.
    /// Threads: any.
    void finish(std::error_code error, std::size_t count = 0) noexcept {
        if (home_->on_this_thread()) [[likely]]
            finish_at_home(error.value(), error.category(), count);
        else
            finish_elsewhere(error.value(), error.category(), count);
    }

    /// The first reason that was raised; for a provider that gives up later than it was asked.
    /// Requires: aborted, not finished.
    std::error_code reason() const noexcept { return {reason_value_, *reason_category_}; }
    bool aborted() const noexcept { return progress_.raised != 0; }

    home& at() const noexcept { return *home_; }

  protected:
    aio() = default;
    ~aio() {
        if (in_progress() || queued() || list_hook<waiter>::linked()) [[unlikely]]
            retire();
    }

    enum class lateness : bool {
        refused,     ///< A deadline that has passed ends the operation in `defer`.
        tries_once,  ///< The provider tries, then asks `late()`, then aborts.
    };

    [[nodiscard]] bool defer(cancel_function canceler, void* argument, lateness when) noexcept {
        if (progress_.own_limit == limit::none && progress_.raised == 0 &&
            progress_.at == state::begun && !claimed()) [[likely]] {
            accept(canceler, argument);
            return true;
        }
        return defer_limited(canceler, argument, when);
    }

    /// After `defer(..., tries_once)`: the deadline had passed already.
    bool late() const noexcept { return progress_.late; }

    void begin() noexcept {
        check(!in_progress() && !queued(), "aio: begun while it is in progress");
        home_ = &home::current();
        progress_ = {.at = state::begun};
        if (limit_kind_ != limit::none) [[unlikely]] {
            progress_.own_limit = limit_kind_;
            own_limit_ = limit_;
            if (limit_kind_ == limit::deadline) limit_kind_ = limit::none;
        }
        error_value_ = 0;
        count_ = 0;
        ++generation_;
        began_ = home_->coarse_now();
    }

    /// Begins inside `launch()`: what finishes before it returns need not be queued.
    /// Returns: false when the strand is cancelled: the operation is over with its reason.
    bool begin_on_strand() noexcept {
        begin();
        progress_.launching = true;
        if (!refused()) [[likely]]
            return true;
        finish(strand_->reason);
        return false;
    }

    /// `begin` and `defer` in one step, for what nothing stands in the way of: no limit of time, no
    /// cancelled strand. It writes each field once, and reads none that it has just written.
    /// Requires: a home.
    /// Returns: false when something does; then begin, and defer.
    bool begin_deferred(cancel_function canceler, void* argument) noexcept {
        if (limit_kind_ != limit::none || refused()) [[unlikely]]
            return false;
        check(!in_progress(), "aio: begun while it is in progress");
        home& at = *here.at;
        home_ = &at;
        cancel_ = canceler;
        argument_ = argument;
        progress_ = {.at = state::deferred};
        ++generation_;
        began_ = at.coarse_now();
        at.count_pending(1);
        become_leaf(at);
        return true;
    }

    /// An operation that is refused as it begins: it ends through the ready queue, so that a loop
    /// which begins another at once lets others run. Returns: true, as a `launch` that suspends.
    bool refuse(std::error_code reason) noexcept {
        begin();
        finish(reason);
        return true;
    }

    /// Called once when the operation is over, before the consumer is told, if `observed()`.
    virtual void on_settled() noexcept {}
    void observed(bool yes) noexcept { observed_ = yes; }

    /// Returns: whether the operation is pending.
    bool end_launch() noexcept {
        progress_.launching = false;
        if (progress_.at == state::finished) return false;
        become_leaf(*home_);
        return true;
    }

    void finish_at_home(int value, const std::error_category& category,
                        std::size_t count) noexcept {
        take_claim();
        store_outcome(value, category, count);
        settle();
    }

    /// `finish({}, count)`, at home.
    void succeed_at_home(std::size_t count) noexcept {
        error_value_ = 0;
        count_ = count;
        if (word(progress_) != word({.at = state::deferred})) [[unlikely]] {
            take_claim();
            settle();
            return;
        }
        // Without a limit of its own it has no deadline.
        progress_ = {.at = state::finished, .claim = 1};
        home_->count_pending(-1);
        if (observed_) [[unlikely]]
            on_settled();
        home_->make_ready(*this);
    }

    void expire() noexcept override;
    void cancel(std::error_code reason) noexcept override { abort(reason); }
    void arrive() noexcept override;
    void describe(wait_report& report) const override;

    /// Ends what is pending, waits for the provider, and lets go of consumer, queue and strand.
    /// Threads: home.
    void retire() noexcept;

    std::chrono::milliseconds age() const noexcept;

  private:
    enum class limit : std::uint8_t { none, timeout, deadline };
    enum raise : std::uint8_t { by_cancel = 1, by_deadline = 2, by_stop = 4 };

    /// What changes while an operation is in progress: one word, so that what happens nearly always
    /// is one comparison and one store.
    struct alignas(std::uint64_t) progress {
        state at = state::idle;
        limit own_limit = limit::none;
        std::uint8_t raised = 0;   // Bits of `raise` that reached this operation.
        std::uint8_t unasked = 0;  // Bits raised while the cancel function ran.
        bool asking = false;
        bool late = false;
        bool launching = false;
        std::uint8_t claim = 0;  // Taken by the one `finish`; atomic while deferred.
    };

    static constexpr std::uint64_t word(progress value) noexcept {
        return std::bit_cast<std::uint64_t>(value);
    }

    static raise raise_of(std::error_code reason) noexcept;

    void store_outcome(int value, const std::error_category& category, std::size_t count) noexcept {
        error_value_ = value;
        error_category_ = &category;
        count_ = count;
    }

    std::atomic_ref<std::uint8_t> claim() const noexcept {
        return std::atomic_ref(progress_.claim);
    }
    bool claimed() const noexcept { return claim().load(std::memory_order_acquire) != 0; }

    void take_claim() noexcept {
        if (!in_progress() || claimed()) [[unlikely]]
            finished_twice();
        claim().store(1, std::memory_order_relaxed);
    }

    void accept(cancel_function canceler, void* argument) noexcept {
        cancel_ = canceler;
        argument_ = argument;
        progress_.at = state::deferred;
        home_->count_pending(1);
    }

    bool defer_limited(cancel_function canceler, void* argument, lateness when) noexcept;
    void finish_elsewhere(int value, const std::error_category& category,
                          std::size_t count) noexcept;
    void ask(raise how, std::error_code reason) noexcept;
    [[noreturn]] void finished_twice() const noexcept;

    /// The end, at home: nothing can end it again, and the consumer's turn will come.
    void settle() noexcept {
        if (progress_.at == state::deferred) [[likely]]
            home_->count_pending(-1);
        progress_.at = state::finished;
        if (armed()) [[unlikely]]
            home_->timers().disarm(*this);
        if (observed_) [[unlikely]]
            on_settled();
        if (!progress_.launching) [[likely]]
            home_->make_ready(*this);
    }

    // What has no initial value is written by `begin`, `defer` or `finish` before it is read.
    std::uint32_t generation_ = 0;
    home* home_;
    cancel_function cancel_;
    union {
        duration own_limit_;  // Of the operation that has begun, until it is deferred.
        void* argument_;      // From then on.
    };

    // The outcome is written by whoever took the claim, perhaps on another thread; the reason
    // only at home: they do not share memory.
    const std::error_category* error_category_;
    const std::error_category* reason_category_;
    int error_value_;
    int reason_value_;
    std::size_t count_ = 0;

    duration limit_{};
    std::uint32_t began_;
    limit limit_kind_ = limit::none;  // Of the next operation.
    bool observed_ = false;

    mutable progress progress_;
};

static_assert(sizeof(aio) <= 152);

}  // namespace lariat
