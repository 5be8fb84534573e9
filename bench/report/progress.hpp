#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

/// How far a run has come.
struct progress {
    std::size_t workload = 0;  ///< Of `workloads`, counted from 0: the one that runs.
    std::size_t workloads = 0;
    int round = 0;  ///< Of `rounds`; negative while the first one runs that is thrown away.
    int rounds = 0;
    std::size_t turn = 0;  ///< Of `turns` in that round.
    std::size_t turns = 0;
    std::string_view title = {};
    std::string_view subject = {};
    bool ending = false;  ///< Ctrl-C was pressed.

    /// Returns: between 0 and 1. Each workload counts the same, and each turn in it.
    double share() const noexcept;
};

/// Returns: `[3/43] nop depth=64: raw, round 4 of 15, about 2:10 left`, at most as wide as that.
/// The time left is what was used so far for each share; nothing is said of it at the beginning.
std::string progress_text(const progress& now, std::chrono::steady_clock::duration used,
                          std::size_t columns);

/// One line on stderr that changes in place; nothing at all where stderr is no terminal.
class progress_line {
  public:
    progress_line();
    ~progress_line() { clear(); }
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    void show(const progress& now);

    /// Makes room for what is printed next.
    void clear();

  private:
    bool terminal_;
    bool shown_ = false;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace bench
