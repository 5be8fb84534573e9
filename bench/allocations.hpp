#pragma once

#include <cstdint>

namespace bench {

/// Heap allocations that the calling thread has made: malloc and all that ends there, operator new
/// among them. Stays 0 where `allocations_are_counted` is false.
std::uint64_t allocations_of_this_thread() noexcept;

/// A sanitizer brings its own malloc; there is nothing to count then.
extern const bool allocations_are_counted;

}  // namespace bench
