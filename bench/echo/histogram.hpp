#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace bench {

/// Counts spans of time, of one nanosecond or of centuries, in buckets that are less than 0.8 % as
/// wide as what they hold: 128 for each power of two. It never grows, and two of them add up to
/// what one would have counted.
class histogram {
  public:
    void add(std::uint64_t span) noexcept {
        ++counts_[bucket_of(span)];
        ++total_;
        least_ = std::min(least_, span);
        most_ = std::max(most_, span);
    }

    void merge(const histogram& other) noexcept {
        for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
        total_ += other.total_;
        least_ = std::min(least_, other.least_);
        most_ = std::max(most_, other.most_);
    }

    void clear() noexcept { *this = {}; }

    std::uint64_t total() const noexcept { return total_; }

    /// Exact. Returns: 0 when it is empty.
    std::uint64_t min() const noexcept { return total_ == 0 ? 0 : least_; }
    std::uint64_t max() const noexcept { return most_; }

    /// Requires: a share from 0 to 1.
    /// Returns: the least span that at least that share of all do not exceed, or less than 0.8 %
    /// more; 0 when it is empty.
    std::uint64_t percentile(double share) const noexcept {
        if (total_ == 0) return 0;
        const double rank = std::ceil(share * static_cast<double>(total_));
        const auto wanted = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, total_);
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen >= wanted) return std::min(highest_of(i), most_);
        }
        return most_;
    }

  private:
    static constexpr unsigned fine = 7;

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

    std::array<std::uint64_t, (65U - fine) << fine> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t least_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t most_ = 0;
};

}  // namespace bench
