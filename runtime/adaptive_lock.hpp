#pragma once

#include <pthread.h>

namespace lariat {

/// A lock for what takes tens of nanoseconds. Who finds it taken looks again for about as long,
/// then sleeps: whoever holds it may have lost its CPU.
/// Threads: any.
class adaptive_lock {
  public:
    adaptive_lock() = default;
    /// Requires: nobody holds it. Who held it last may still be inside of `unlock`.
    ~adaptive_lock() { ::pthread_mutex_destroy(&mutex_); }
    adaptive_lock(const adaptive_lock&) = delete;
    adaptive_lock& operator=(const adaptive_lock&) = delete;

    void lock() noexcept { ::pthread_mutex_lock(&mutex_); }
    void unlock() noexcept { ::pthread_mutex_unlock(&mutex_); }

  private:
    pthread_mutex_t mutex_ = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
};

}  // namespace lariat
