#include "runtime/fork.hpp"

#include <pthread.h>

#include "runtime/home.hpp"

namespace lariat {
namespace {

void begin_child() noexcept {
    ++forks;
    here = {};
}

}  // namespace

constinit unsigned forks = 0;

unsigned count_forks() noexcept {
    [[maybe_unused]] static const int registered = ::pthread_atfork(nullptr, nullptr, &begin_child);
    return forks;
}

}  // namespace lariat
