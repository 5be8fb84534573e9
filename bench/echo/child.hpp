#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace bench {

/// This program, run again with other arguments. It ends with this object at the latest, and with
/// this process whatever happens to it.
class child {
  public:
    explicit child(const std::vector<std::string>& arguments);
    ~child();
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    pid_t id() const noexcept { return id_; }

    /// Returns: the next line that it prints.
    /// Errors: throws when it ends without one or takes too long; `interruption` on Ctrl-C.
    std::string line(std::chrono::milliseconds at_most);

  private:
    pid_t id_ = -1;
    int output_ = -1;
    std::string name_;
    std::string pending_;
};

}  // namespace bench
