#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

/// A number of which there is one: moved, it is gone where it was.
class token {
  public:
    static constexpr std::uint64_t none = UINT64_MAX;

    explicit token(std::uint64_t number = none) noexcept : number_(number) {}
    token(token&& other) noexcept : number_(std::exchange(other.number_, none)) {}
    token& operator=(token&& other) noexcept {
        number_ = std::exchange(other.number_, none);
        return *this;
    }

    explicit operator bool() const noexcept { return number_ != none; }
    std::uint64_t number() const noexcept { return number_; }

  private:
    std::uint64_t number_;
};

/// Which of so many tokens have come.
class roll {
  public:
    explicit roll(std::uint64_t size) : seen_(size) {}

    std::uint64_t size() const noexcept { return seen_.size(); }

    void note(const token& one) noexcept {
        if (seen_[one.number()].fetch_add(1, std::memory_order_relaxed) != 0) ++twice_;
    }

    std::uint64_t twice() const noexcept { return twice_; }
    std::uint64_t missing() const noexcept {
        std::uint64_t count = 0;
        for (const auto& each : seen_) count += each == 0;
        return count;
    }

  private:
    std::vector<std::atomic<std::uint8_t>> seen_;
    std::atomic<std::uint64_t> twice_{0};
};
