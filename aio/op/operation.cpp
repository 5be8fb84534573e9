#include "aio/op/operation.hpp"

#include <errno.h>

#include "aio/op/gave_up.hpp"
#include "runtime/error.hpp"

namespace lariat {

void kernel_operation::complete(completion_event event) noexcept {
    if (!event.more()) finish_with(event);
}

void kernel_operation::try_other_way() noexcept {
    if (aborted()) return finish(reason());
    at().kernel()->start(*this);
}

void kernel_operation::finish_with(completion_event event) noexcept {
    event_ = event;
    if (event.result >= 0) [[likely]] {
        succeed_at_home(static_cast<std::size_t>(event.result));
    } else if (aborted() && gave_up(event.result)) {
        finish(reason());
    } else {
        finish(kernel_error(event.result == -erestartsys ? EINTR : -event.result));
    }
}

void kernel_operation::give_up(aio&, void* self, std::error_code reason) noexcept {
    auto& operation = *static_cast<kernel_operation*>(self);
    // An entry that had not reached the kernel is ours to end; otherwise its answer does.
    if (!operation.at().kernel()->cancel(operation)) operation.finish(reason);
}

}  // namespace lariat
