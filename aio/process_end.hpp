#pragma once

#include <signal.h>

#include <iosfwd>
#include <optional>
#include <string>

namespace lariat {

/// How a process ended: by itself, with a status, or by a signal.
class process_end {
  public:
    static process_end exited(int status) noexcept { return process_end(status, 0, false); }
    static process_end killed(int signal, bool dumped = false) noexcept {
        return process_end(0, signal, dumped);
    }

    /// From what waitid(2) tells of a child that has ended.
    static process_end from(const siginfo_t& told) noexcept;

    /// Whether it ended by itself, with status 0.
    bool success() const noexcept { return signal_ == 0 && status_ == 0; }

    /// What it gave to exit(3); nothing if a signal ended it.
    std::optional<int> status() const noexcept {
        return signal_ == 0 ? std::optional<int>(status_) : std::nullopt;
    }

    /// Returns: the signal that ended it; 0 if none did.
    int signal() const noexcept { return signal_; }
    bool dumped_core() const noexcept { return dumped_; }

    friend bool operator==(const process_end&, const process_end&) noexcept = default;

  private:
    process_end(int status, int signal, bool dumped) noexcept
        : status_(status), signal_(signal), dumped_(dumped) {}

    int status_;
    int signal_;
    bool dumped_;
};

/// As `status 3` or `signal 9`.
std::string to_string(const process_end& end);
std::ostream& operator<<(std::ostream& out, const process_end& end);

}  // namespace lariat
