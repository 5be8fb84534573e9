#pragma once

#include <spawn.h>

#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "runtime/result.hpp"

namespace lariat {

/// One call of posix_spawnp(3), put together part by part. A part that fails is told by `run`. The
/// program starts with every signal unblocked and at its default action.
/// Lifetime: the texts outlive it.
class spawn_call {
  public:
    /// Errors: throws `std::bad_alloc`.
    spawn_call(std::span<const std::string> words,
               std::optional<std::span<const std::string>> environment);
    spawn_call(const spawn_call&) = delete;
    spawn_call& operator=(const spawn_call&) = delete;
    ~spawn_call();

    /// `target` is there what `number` is here; the two may be the same.
    void set_descriptor(int target, int number) noexcept;
    void open_descriptor(int target, const char* path, int flags) noexcept;
    void set_directory(const char* path) noexcept;
    void set_own_group() noexcept;

    /// Returns: the process; it executes the program already.
    result<pid_t> run() noexcept;

  private:
    void add(std::span<const std::string> texts, std::vector<char*>& to);
    void note(int outcome) noexcept;

    std::vector<char*> words_;
    std::vector<char*> environment_;
    bool own_environment_ = false;
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
    short flags_ = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    std::error_code failure_;
};

}  // namespace lariat
