#pragma once

#include <cstdint>
#include <new>
#include <utility>

#include <doctest/doctest.h>

#include "aio/any_stream.hpp"
#include "aio/testing/stream_pair.hpp"
#include "tests/aio/sp/wire.hpp"
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
class scarce_stream : public lent_stream {
  public:
    scarce_stream(lariat::testing::memory_stream& end, int& until_failure) noexcept
        : lent_stream(end), until_failure_(&until_failure) {}

    auto receive(lariat::buffer_view buffer) {
        spend();
        return lent_stream::receive(buffer);
    }
    auto send(lariat::const_buffer_view buffer) {
        spend();
        return lent_stream::send(buffer);
    }

  private:
    void spend() {
        if (--*until_failure_ == 0) throw std::bad_alloc();
    }

    int* until_failure_;
};

inline lariat::any_stream scarce(lariat::testing::memory_stream& end, int& until_failure) {
    return lariat::any_stream(std::in_place_type<scarce_stream>, end, until_failure);
}
