#include "tests/fuzz/target.hpp"

#include <algorithm>

#include "runtime/yield.hpp"
#include "tests/allocations/counted.hpp"

namespace fuzz {
namespace {

// Frames of coroutines, and what the libraries allocate by themselves.
constexpr std::size_t small = 4096;

}  // namespace

void watch_memory() noexcept { counted::forget_largest(); }

void expect_memory(std::size_t most) {
    if (!counted::available()) return;
    expect(counted::largest() <= std::max(most, small), "an allocation beyond the limit");
}

std::uint32_t pieces::next() {
    state_ = state_ * 1664525 + 1013904223;
    return state_ >> 16;
}

lariat::task<lariat::transfer> pieces::receive(lariat::buffer_view into) {
    const std::uint32_t choice = next();
    if (choice % 7 == 0) co_return lariat::transfer(failure(), 0);
    if (choice % 5 == 0) co_await lariat::yield();
    // Mostly a few bytes, sometimes all.
    const std::size_t wanted = choice % 11 == 0 ? rest_.size() : 1 + choice % 4;
    const std::size_t count = std::min({wanted, rest_.size(), into.size()});
    std::copy_n(rest_.data(), count, reinterpret_cast<char*>(into.data()));
    rest_.remove_prefix(count);
    if (count > 1 && choice % 13 == 0) co_return lariat::transfer(failure(), count);
    co_return count;
}

}  // namespace fuzz
