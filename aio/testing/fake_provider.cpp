#include "aio/testing/fake_provider.hpp"

#include "runtime/check.hpp"

namespace lariat::testing {

fake_provider::fake_provider(manual_home& at, fake_kind kind, fake_place place)
    : kind_(kind),
      elsewhere_(place == fake_place::elsewhere ? std::make_unique<other_thread>() : nullptr) {
    at.add(*this);
}

fake_provider::~fake_provider() {
    check(pending_ == 0, "fake_provider: destroyed while its operations are pending");
}

void fake_provider::start(aio& operation) noexcept {
    ++started_;
    if (kind_ == fake_kind::finishes_in_start) {
        ++pending_;
        finish(operation, {}, 1);
        return;
    }
    const bool cancelable = kind_ != fake_kind::uncancelable;
    if (!operation.defer(cancelable ? &on_cancel : nullptr, this)) return;
    ++pending_;
    working_.push_back(operation);
}

void fake_provider::on_cancel(aio& operation, void* self, std::error_code reason) noexcept {
    static_cast<fake_provider*>(self)->asked_to_give_up(operation, reason);
}

void fake_provider::asked_to_give_up(aio& operation, std::error_code reason) noexcept {
    asked_.push_back(reason);
    if (kind_ == fake_kind::declines) return;
    aio_list::remove(operation);
    if (kind_ == fake_kind::accepts_later)
        giving_up_.push_back(operation);
    else
        finish(operation, reason, 0);
}

bool fake_provider::give_up() noexcept {
    aio* operation = giving_up_.pop_front();
    if (!operation) return false;
    finish(*operation, operation->reason(), 0);
    return true;
}

bool fake_provider::finish_oldest(std::error_code error, std::size_t count) noexcept {
    aio* operation = working_.pop_front();
    if (!operation) return false;
    finish(*operation, error, count);
    return true;
}

void fake_provider::finish(aio& operation, std::error_code error, std::size_t count) noexcept {
    ++finished_;
    --pending_;
    if (elsewhere_)
        elsewhere_->run([&] { operation.finish(error, count); });
    else
        operation.finish(error, count);
}

}  // namespace lariat::testing
