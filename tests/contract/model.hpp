#pragma once

#include <cstdint>

/// The contract's rules for one aio, written down a second time: without queues, threads or
/// callbacks, so that the real one can be compared with it after every event.
namespace model {

enum class event : std::uint8_t {
    begin,  // After everything on its way has arrived and the consumer was told.
    defer,
    abort_first,
    abort_second,
    deadline,
    stop,
    finish,
    destroy,
    turn,
};

enum class kind : std::uint8_t { accepts_at_once, accepts_later, declines, finishes_in_start };
enum class place : std::uint8_t { at_home, elsewhere };
enum class limit : std::uint8_t { timeout, deadline };

/// How an operation may end, and why it may be asked to.
enum class reason : std::uint8_t { none, first, second, timed_out, stopped };

struct setting {
    kind provider;
    place finishes;
    limit limited;
};

constexpr std::uint32_t span = 10;  // Each operation may take so long; a `deadline` event is as
                                    // long, so that whatever is armed then expires.
constexpr std::uint32_t moved = 7;  // What a success counts.

/// All that a consumer, a provider or the home can see.
struct view {
    bool in_progress = false;
    reason error = reason::none;
    std::uint32_t count = 0;
    std::uint32_t told = 0;
    std::uint64_t asked = 0;  // The reasons the cancel function was called with, as octal digits.
    std::uint32_t timers = 0;
    std::uint32_t pending = 0;

    bool operator==(const view&) const = default;
};

constexpr std::uint64_t and_asked(std::uint64_t before, reason why) {
    return before * 8 + static_cast<std::uint64_t>(why);
}

class operation {
  public:
    explicit operation(setting how) : how_(how) {}

    /// Whether a consumer or provider that makes no mistake can cause it now.
    bool allows(event what) const;
    void apply(event what);

    bool destroyed() const { return phase_ == phase::destroyed; }
    view seen() const;

  private:
    enum class phase : std::uint8_t { idle, begun, deferred, finished, destroyed };
    enum class work : std::uint8_t { none, in_hand, giving_up };

    bool in_progress() const { return phase_ == phase::begun || phase_ == phase::deferred; }
    void begin();
    void defer();
    void ask(reason why);
    void finish();
    void provider_ends(reason error, std::uint32_t count);
    void settle();
    void run_until_idle();
    void destroy();

    setting how_;
    phase phase_ = phase::idle;
    work work_ = work::none;
    bool posted_ = false;  // Finished, but it has not arrived at home.
    bool queued_ = false;  // The consumer is to be told.
    bool armed_ = false;
    std::uint8_t raised_ = 0;
    reason first_reason_ = reason::none;
    reason accepted_ = reason::none;
    reason error_ = reason::none;
    std::uint32_t count_ = 0;
    std::uint32_t now_ = 0;
    std::uint32_t due_ = 0;
    std::uint32_t told_ = 0;
    std::uint64_t asked_ = 0;
};

}  // namespace model
