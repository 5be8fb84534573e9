#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace bench {

/// Counts spans of time in buckets that are at most 1.6 % wide.
class histogram {
  public:
    void add(std::uint64_t span) noexcept {
        ++counts_[bucket_of(span)];
        ++total_;
    }

    void clear() noexcept { *this = {}; }

    std::uint64_t total() const noexcept { return total_; }

    /// Returns: the span that `share` of all do not exceed.
    std::uint64_t percentile(double share) const noexcept {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen > wanted) return highest_of(i);
        }
        return 0;
    }

  private:
    static constexpr unsigned fine = 6;  // 64 buckets for each power of two

    static std::size_t bucket_of(std::uint64_t span) noexcept {
        const auto width = static_cast<unsigned>(std::bit_width(span));
        if (width <= fine + 1) return static_cast<std::size_t>(span);
        const unsigned shift = width - fine - 1;
        return (std::size_t{shift} << fine) + static_cast<std::size_t>(span >> shift);
    }

    static std::uint64_t highest_of(std::size_t bucket) noexcept {
        if (bucket < (2U << fine)) return bucket;
        const std::size_t shift = (bucket >> fine) - 1;
        const std::uint64_t top = bucket - (shift << fine);
        return ((top + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (64U << fine) + (2U << fine)> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace bench
