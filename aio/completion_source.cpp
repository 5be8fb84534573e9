#include "aio/completion_source.hpp"

namespace lariat {

void completion_state::publish(std::error_code error) noexcept {
    error_ = error;
    if (phase_.exchange(phase::finished, std::memory_order_acq_rel) == phase::waiting)
        waiter_->finish(error_, error_ ? 0 : 1);
}

void completion_state::start(aio& operation) noexcept {
    // Looked at first: a limit of zero still delivers what is there.
    if (phase_.load(std::memory_order_acquire) == phase::finished) {
        operation.finish(error_, error_ ? 0 : 1);
        return;
    }
    if (!operation.defer(&give_up, this)) return;
    waiter_ = &operation;
    phase expected = phase::open;
    if (!phase_.compare_exchange_strong(expected, phase::waiting, std::memory_order_acq_rel))
        operation.finish(error_, error_ ? 0 : 1);
}

void completion_state::give_up(aio& operation, void* self, std::error_code reason) noexcept {
    auto& state = *static_cast<completion_state*>(self);
    phase expected = phase::waiting;
    // Otherwise it is being finished, and that is what the waiter will see.
    if (state.phase_.compare_exchange_strong(expected, phase::open, std::memory_order_acq_rel))
        operation.finish(reason);
}

}  // namespace lariat
