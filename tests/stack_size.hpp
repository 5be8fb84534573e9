#pragma once

#include <pthread.h>

#include <cstddef>

/// The stack of threads made from now on; more than there are addresses, and none can be made.
class stack_size {
  public:
    static constexpr std::size_t impossible = std::size_t{1} << 46;

    explicit stack_size(std::size_t bytes) {
        ::pthread_getattr_default_np(&before_);
        pthread_attr_t now;
        ::pthread_getattr_default_np(&now);
        ::pthread_attr_setstacksize(&now, bytes);
        ::pthread_setattr_default_np(&now);
        ::pthread_attr_destroy(&now);
    }
    ~stack_size() {
        ::pthread_setattr_default_np(&before_);
        ::pthread_attr_destroy(&before_);
    }
    stack_size(const stack_size&) = delete;
    stack_size& operator=(const stack_size&) = delete;

  private:
    pthread_attr_t before_;
};
