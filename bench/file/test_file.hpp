#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "bench/harness.hpp"

namespace bench {

constexpr std::size_t page = 4096;

/// Returns: how many pages are asked for. A device takes longer than memory: a tenth with O_DIRECT.
inline std::uint64_t pages_of(const job& work, std::uint64_t asked) {
    return work.with["direct"] == 0 ? asked : (asked + 9) / 10;
}

/// A file without a name, filled, in the directory that TMPDIR names, of `megabytes`; opened by
/// itself so that O_DIRECT can be chosen: `direct` or not.
class test_file {
  public:
    /// With nothing left to be written to the device, if it is opened to be written.
    /// Errors: throws `unavailable` without O_DIRECT, and `std::system_error`.
    test_file(const job& work, int access);
    ~test_file();
    test_file(const test_file&) = delete;
    test_file& operator=(const test_file&) = delete;

    int descriptor() const noexcept { return descriptor_; }

    /// Returns: where another process finds it, for as long as this object lives.
    std::string path() const;

    /// Returns: where a page begins that nothing predicts; the same sequence every time.
    std::uint64_t random_page() noexcept {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return (state_ >> 16) % pages_ * page;
    }

  private:
    std::size_t pages_;
    int descriptor_ = -1;
    std::uint64_t state_ = 0x9e3779b97f4a7c15;
};

/// One page of memory per operation in flight, as O_DIRECT wants it, and filled.
class page_buffers {
  public:
    explicit page_buffers(std::size_t count);
    std::byte* at(std::size_t index) const noexcept { return memory_.get() + index * page; }

  private:
    struct release {
        void operator()(std::byte* memory) const noexcept { std::free(memory); }
    };
    std::unique_ptr<std::byte, release> memory_;
};

}  // namespace bench
