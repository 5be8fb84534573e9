#pragma once

#include <cstdint>

namespace bench {

/// Tells the last of so many that come, and the last that go: what lies between is work of all, and
/// neither that of making them nor that of ending them.
class roll_call {
  public:
    explicit roll_call(std::uint64_t count) noexcept : count_(count) {}

    /// Returns: whether all have come.
    bool come() noexcept { return ++came_ == count_; }

    /// Returns: whether all have gone.
    bool go() noexcept { return ++gone_ == count_; }

  private:
    std::uint64_t count_;
    std::uint64_t came_ = 0;
    std::uint64_t gone_ = 0;
};

}  // namespace bench
