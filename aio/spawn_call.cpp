#include "aio/spawn_call.hpp"

#include <signal.h>
#include <unistd.h>

#include "runtime/error.hpp"

namespace lariat {

spawn_call::spawn_call(std::span<const std::string> words,
                       std::optional<std::span<const std::string>> environment)
    : own_environment_(environment.has_value()) {
    add(words, words_);
    if (environment) add(*environment, environment_);
    // They allocate nothing yet.
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
}

spawn_call::~spawn_call() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
}

void spawn_call::set_descriptor(int target, int number) noexcept {
    note(number < 0 ? EBADF : ::posix_spawn_file_actions_adddup2(&actions_, number, target));
}

void spawn_call::open_descriptor(int target, const char* path, int flags) noexcept {
    note(::posix_spawn_file_actions_addopen(&actions_, target, path, flags, 0));
}

void spawn_call::set_directory(const char* path) noexcept {
    note(path ? ::posix_spawn_file_actions_addchdir_np(&actions_, path) : EINVAL);
}

void spawn_call::set_own_group() noexcept {
    flags_ |= POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setpgroup(&attributes_, 0);
}

result<pid_t> spawn_call::run() noexcept {
    note(::posix_spawnattr_setflags(&attributes_, flags_));
    if (failure_) return failure_;
    pid_t made = 0;
    char* const* environment = own_environment_ ? environment_.data() : environ;
    note(
        ::posix_spawnp(&made, words_.front(), &actions_, &attributes_, words_.data(), environment));
    if (failure_) return failure_;
    return made;
}

void spawn_call::add(std::span<const std::string> texts, std::vector<char*>& to) {
    to.reserve(texts.size() + 1);
    for (const auto& text : texts) {
        // A program must not see less than what was written here.
        if (text.find('\0') != text.npos) note(EINVAL);
        to.push_back(const_cast<char*>(text.c_str()));
    }
    to.push_back(nullptr);
}

void spawn_call::note(int outcome) noexcept {
    if (outcome != 0 && !failure_) failure_ = kernel_error(outcome);
}

}  // namespace lariat
