#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lariat {

/// Where those who choose again and again begin: each after the one that it chose last. They have
/// no memory of their own, and one for all would let two that take turns each see the same half.
/// Threads: one.
class rotation {
  public:
    /// Takes up what one who chooses is known by.
    class key {
      public:
        explicit key(const void* part) noexcept { add(part); }

        void add(const void* part) noexcept {
            // Addresses differ in their middle bits; the multiplication spreads them to the top.
            value_ = (value_ ^ reinterpret_cast<std::uintptr_t>(part)) * 0x9e3779b97f4a7c15;
        }

        std::uint64_t value() const noexcept { return value_; }

      private:
        std::uint64_t value_ = 0;
    };

    /// Returns: which of `choices` is the next to begin with, and where to say who is after that.
    /// What is written there too late only mixes up somebody's turn.
    std::size_t& next_of(key who, std::size_t choices) noexcept {
        place& found = places_[who.value() >> (64 - bits)];
        if (found.who != who.value()) {
            found.who = who.value();
            found.next = chance();
        }
        found.next %= choices;
        return found.next;
    }

  private:
    struct place {
        std::uint64_t who = 0;
        std::size_t next = 0;
    };

    /// For one who is new, or was displaced: those who displace one another forever begin anywhere.
    std::size_t chance() noexcept {
        seed_ = seed_ * 0x5851f42d4c957f2d + 1;
        return seed_ >> 33;
    }

    static constexpr int bits = 4;
    std::array<place, 1 << bits> places_;
    std::uint64_t seed_ = 1;
};

}  // namespace lariat
