#include "aio/aio_group.hpp"

#include "runtime/check.hpp"

namespace lariat {

aio_group::~aio_group() {
    check(members_.empty(), "aio_group: destroyed while its operations are pending");
}

void aio_group::close(std::error_code reason) noexcept {
    if (reason_) return;
    reason_ = reason;
    aborting_ = true;
    members_.for_each([&](resident& each) { each.abort(reason); });
    aborting_ = false;
    if (members_.empty()) finish();
}

void aio_group::finish() noexcept {
    all_finished_.set();
    on_all_finished();
}

event::description aio_group::stop(std::error_code reason) noexcept {
    close(reason);
    return all_finished_.wait();
}

bool aio_group::resident::enter() noexcept {
    if (group_.ended()) return false;
    group_.members_.push_back(*this);
    return true;
}

void aio_group::resident::leave() noexcept {
    if (!linked()) return;
    unlink();
    if (group_.ended() && group_.members_.empty() && !group_.aborting_) group_.finish();
}

}  // namespace lariat
