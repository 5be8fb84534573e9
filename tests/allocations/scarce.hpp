#pragma once

#include <cstdint>
#include <new>
#include <utility>

#include <doctest/doctest.h>

#include "aio/any_stream.hpp"
#include "aio/testing/stream_pair.hpp"
#include "tests/allocations/counted.hpp"

inline bool allocations_can_fail() {
    if (counted::available()) return true;
    MESSAGE("skipped: operator new is this sanitizer's own");
    return false;
}

/// Calls `act` with the n-th allocation in it failing. Returns: whether there was one.
template <class Act>
bool fails_at(std::uint64_t nth, Act act) {
    counted::fail_at(nth);
    act();
    const bool failed = counted::failed();
    counted::fail_at(0);
    return failed;
}

/// Calls `round` for every allocation that can fail in it, which it says.
/// Returns: how many could.
template <class Round>
std::uint64_t for_each_failure(Round round) {
    std::uint64_t nth = 1;
    while (round(nth)) ++nth;
    return nth - 1;
}

/// One end of a stream pair whose n-th operation finds no memory: it throws, and moves nothing.
class scarce_stream {
  public:
    scarce_stream(lariat::testing::memory_stream& end, int& until_failure) noexcept
        : end_(&end), until_failure_(&until_failure) {}
    scarce_stream(scarce_stream&& other) noexcept
        : end_(std::exchange(other.end_, nullptr)), until_failure_(other.until_failure_) {}
    ~scarce_stream() {
        if (end_) end_->close();
    }

    auto receive(lariat::buffer_view buffer) {
        spend();
        return end_->receive(buffer);
    }
    auto send(lariat::const_buffer_view buffer) {
        spend();
        return end_->send(buffer);
    }
    lariat::task<lariat::result<void>> shutdown(lariat::direction) {
        co_return std::make_error_code(std::errc::operation_not_supported);
    }
    void close() noexcept {
        end_->close();
        open_ = false;
    }
    bool is_open() const noexcept { return open_; }
    lariat::result<lariat::address> local_address() const { return lariat::address(); }
    lariat::result<lariat::address> peer_address() const { return lariat::address(); }

  private:
    void spend() {
        if (--*until_failure_ == 0) throw std::bad_alloc();
    }

    lariat::testing::memory_stream* end_;
    int* until_failure_;
    bool open_ = true;
};

inline lariat::any_stream scarce(lariat::testing::memory_stream& end, int& until_failure) {
    return lariat::any_stream(std::in_place_type<scarce_stream>, end, until_failure);
}
