#include "runtime/semaphore.hpp"

namespace lariat {

void semaphore::serve() noexcept {
    while (!waiters_.empty()) {
        auto& first = static_cast<waiting&>(waiters_.front());
        if (first.units_ > available_) return;
        available_ -= first.units_;
        first.release();
    }
}

void semaphore::waiting::leave() noexcept {
    // What it was given, or kept others waiting for, is the next one's.
    if (released()) return subject_.release(units_);
    leave_queue();
    subject_.serve();
}

}  // namespace lariat
