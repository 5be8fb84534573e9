#pragma once

#include <bitset>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>

namespace lariat {

/// A release of Linux.
struct kernel_version {
    int major = 0;
    int minor = 0;

    friend auto operator<=>(kernel_version, kernel_version) noexcept = default;
};

/// An operation of io_uring as the kernel numbers it: the index in `known_operations()`.
struct known_operation {
    const char* name;
    kernel_version since;
};

/// Every IORING_OP up to Linux 6.18, in the order of their numbers.
std::span<const known_operation> known_operations() noexcept;

/// What the running kernel's io_uring can do. Found from what it says of itself, not from its name:
/// a distribution's kernel may have parts that are newer than its version.
class capability_set {
  public:
    /// From the answers of the kernel: the operations it knows, the IORING_FEAT_* bits.
    capability_set(const std::bitset<256>& operations, std::uint32_t features) noexcept;

    /// Whether it knows this IORING_OP.
    bool operation(unsigned opcode) const noexcept {
        return opcode < operations_.size() && operations_[opcode];
    }

    /// Whether io_uring has what came to it with that release.
    bool since(kernel_version release) const noexcept { return level_ >= release; }

    /// The newest release whose marks it bears.
    kernel_version level() const noexcept { return level_; }

    /// As if nothing newer than `release` were there.
    capability_set limited_to(kernel_version release) const noexcept;

  private:
    std::bitset<256> operations_;
    kernel_version level_;
};

/// A table to read: what there is, since when, and what is missing.
std::ostream& operator<<(std::ostream& out, const capability_set& what);

/// Asked once per process, with a small ring that is gone afterwards.
/// Errors: throws `std::system_error` when there can be no ring; see `available`.
/// Threads: any.
/// Source: io_uring_register(2), IORING_REGISTER_PROBE; io_uring_setup(2).
const capability_set& capabilities();

/// For tests of what is done on an older kernel: `capabilities` hides all that is newer.
/// Requires: before the first ring, and before the first call of `capabilities`.
void pretend_kernel(kernel_version release) noexcept;

}  // namespace lariat
