#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "bench/harness.hpp"

namespace bench {

/// What one of two processes does that exchange messages.
struct sp_plan {
    std::string url;
    std::size_t size = 64;  ///< Of a message, in bytes.
    std::chrono::milliseconds warmup{100};
    std::chrono::milliseconds measured{1000};
    std::uint64_t round_trips = 0;  ///< Within one process: so many instead of a time.
    /// Told, if it is to be told, when the counting begins, and when it has ended.
    std::function<void()> began = {};
    std::function<void()> ended = {};
};

struct sp_count {
    std::uint64_t messages = 0;
    double nanoseconds = 0;
    spent_cpu spent = {};  ///< By this process, where both sides are in it.
};

/// Measures from where it is made, within one process.
class sp_span {
  public:
    sp_count taken(std::uint64_t messages) const {
        const std::chrono::duration<double, std::nano> span =
            std::chrono::steady_clock::now() - start_;
        return {messages, span.count(), spent_cpu::of_this_process() - before_};
    }

  private:
    spent_cpu before_ = spent_cpu::of_this_process();
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Told where the listening side is found, once it is.
using sp_announce = std::function<void(const std::string& url)>;

/// Counts for a span of time that ends at the first look after it.
class sp_stopwatch {
  public:
    /// Lifetime: the plan outlives it.
    explicit sp_stopwatch(const sp_plan& plan) noexcept : plan_(plan) {}

    /// Called for each message. Returns: whether that was all.
    bool count() {
        ++messages_;
        // Asking for the time costs as much as a small message does.
        if (messages_ % every_ != 0) return false;
        const auto now = std::chrono::steady_clock::now();
        if (phase_ == phase::idle) {
            start_ = now;
            phase_ = phase::warming;
        } else if (phase_ == phase::warming && now - start_ >= plan_.warmup) {
            // Before the time is taken: what telling takes is no part of it.
            if (plan_.began) plan_.began();
            start_ = std::chrono::steady_clock::now();
            messages_ = 0;
            phase_ = phase::measuring;
        } else if (phase_ == phase::measuring && now - start_ >= plan_.measured) {
            nanoseconds_ = std::chrono::duration<double, std::nano>(now - start_).count();
            if (plan_.ended) plan_.ended();
            return true;
        }
        return false;
    }

    sp_count taken() const noexcept { return {messages_, nanoseconds_, {}}; }

  private:
    enum class phase : std::uint8_t { idle, warming, measuring };

    static constexpr std::uint64_t every_ = 16;

    const sp_plan& plan_;
    phase phase_ = phase::idle;
    std::uint64_t messages_ = 0;
    double nanoseconds_ = 0;
    std::chrono::steady_clock::time_point start_;
};

/// One way to send and receive messages.
struct sp_party {
    const char* name = nullptr;
    /// Listens, receives, and counts.
    sp_count (*receive)(const sp_plan& plan, const sp_announce& announce) = nullptr;
    /// Dials and sends until its process is killed.
    void (*send)(const sp_plan& plan) = nullptr;
    /// Listens and sends back until its process is killed.
    void (*echo)(const sp_plan& plan, const sp_announce& announce) = nullptr;
    /// Dials, sends, waits for the answer, and counts round trips.
    sp_count (*ask)(const sp_plan& plan) = nullptr;
    /// Both of the last two in this process, on two threads or on one.
    sp_count (*ask_within)(const sp_plan& plan, bool on_two_threads) = nullptr;
};

extern const sp_party lariat_party;

/// The same with loops that look for messages before they sleep.
extern const sp_party lariat_spinning_party;

/// Does nothing where libnng was not there when this was built.
extern const sp_party nng_party;

/// Errors: throws `unavailable` for one that was not there, `usage_error` for one that is none.
const sp_party& sp_party_of(std::string_view subject);

}  // namespace bench
