#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>

#include "aio/buffer.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

// A target is a function `void fuzz_NAME(std::span<const std::uint8_t> input)` in NAME.cpp, which
// throws when something is not as it must be. Its line in tests/meson.build and the files in
// corpus/NAME are all that it takes.
namespace fuzz {

/// What a target found wrong.
class found : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

inline void expect(bool holds, const char* what) {
    if (!holds) throw found(what);
}

/// From here on `expect_memory` sees allocations.
void watch_memory() noexcept;

/// No allocation since `watch_memory` was larger, but for what is small anyway. Says nothing where
/// a sanitizer has the allocator.
void expect_memory(std::size_t most);

/// Reads an input from its beginning: a few numbers that decide how the rest is used.
class reader {
  public:
    explicit reader(std::span<const std::uint8_t> input) : rest_(input) {}

    /// Returns: the next byte; 0 when there is none.
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const std::uint8_t first = rest_.front();
        rest_ = rest_.subspan(1);
        return first;
    }

    template <class T, std::size_t Size>
    T one_of(const T (&choices)[Size]) {
        return choices[byte() % Size];
    }

    std::string_view rest() const {
        return {reinterpret_cast<const char*>(rest_.data()), rest_.size()};
    }

  private:
    std::span<const std::uint8_t> rest_;
};

/// A byte source whose bytes come in pieces, now and then after a failure that took none, or after
/// a turn of others.
class pieces {
  public:
    /// `pattern` decides about the pieces.
    pieces(std::string_view bytes, std::uint8_t pattern) : rest_(bytes), state_(pattern) {}

    lariat::task<lariat::transfer> receive(lariat::buffer_view into);

    static std::error_code failure() { return std::make_error_code(std::errc::interrupted); }

  private:
    std::uint32_t next();

    std::string_view rest_;
    std::uint32_t state_;
};

/// Runs a task to its end, without a kernel.
template <class T>
T run(lariat::testing::manual_home& at, lariat::task<T> work) {
    lariat::testing::running task(at, std::move(work));
    at.run_until_idle();
    expect(task.done(), "the task has not ended");
    return task.take();
}

/// Asks again for as long as the source only failed.
template <class Ask>
auto insist(lariat::testing::manual_home& at, Ask ask) {
    for (;;) {
        auto outcome = run(at, ask());
        if (outcome.error() != pieces::failure()) return outcome;
    }
}

}  // namespace fuzz
