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

semaphore::waiting::~waiting() {
    // Destroyed before its turn came: what it was given is the next one's.
    if (released() && !taken_) subject_.release(units_);
    if (!entry::waiting()) return;
    leave_queue();
    subject_.serve();
}

}  // namespace lariat
