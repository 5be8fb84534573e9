#include "aio/shared_aio.hpp"

namespace lariat {

void shared_aio::abort(aio_key key, lariat::error reason) noexcept {
    const std::uint64_t request =
        std::uint64_t{key.generation} << 32 | static_cast<std::uint32_t>(reason);
    if (request_.exchange(request, std::memory_order_acq_rel) == 0) key.at->post(message_);
}

void shared_aio::receive_request() noexcept {
    const std::uint64_t request = request_.exchange(0, std::memory_order_acq_rel);
    if (in_progress() && request >> 32 == key().generation)
        abort(make_error_code(static_cast<lariat::error>(request & UINT32_MAX)));
}

shared_aio::~shared_aio() {
    if (request_.load(std::memory_order_acquire) != 0) at().flush();
}

}  // namespace lariat
