#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "bench/harness.hpp"

namespace bench {

/// Returns: where a program is, as a shell would find it, or among those for administrators; empty
/// when it is not installed.
std::string path_of(std::string_view program);

/// A process: this program, run again with other arguments, or another one. It ends with this
/// object at the latest, and with this process whatever happens to it.
class child {
  public:
    explicit child(const std::vector<std::string>& arguments);

    /// Another program, by its path, on the CPU of that number; negative: anywhere. What it says on
    /// stderr is dropped.
    child(const std::string& path, const std::vector<std::string>& arguments, int processor);

    ~child();
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    pid_t id() const noexcept { return id_; }

    /// Returns: the next line that it prints.
    /// Errors: throws when it ends without one or takes too long; `interruption` on Ctrl-C.
    std::string line(std::chrono::milliseconds at_most);

    /// Returns: all that it prints until it ends by itself.
    /// Errors: as those of `line`.
    std::string output(std::chrono::milliseconds at_most);

    /// Returns: the CPU time that it has used. Errors: throws when that cannot be known.
    spent_cpu spent() const;

  private:
    void start(const char* path, const std::vector<std::string>& arguments, int processor);
    bool read_more(std::chrono::steady_clock::time_point deadline);

    pid_t id_ = -1;
    int output_ = -1;
    std::string name_;
    std::string pending_;
};

}  // namespace bench
