#include "aio/op/guarded_descriptor.hpp"

#include <utility>

namespace lariat {
namespace {

/// What operations on nothing belong to.
class ended_group final : public aio_group {
  public:
    ended_group() noexcept { close(); }
};

}  // namespace

class guarded_descriptor::state final : public lasting_group {
  public:
    explicit state(descriptor owned) noexcept : file(std::move(owned)) {}

    descriptor file;

  private:
    void on_last_operation() noexcept override { file = {}; }
};

guarded_descriptor::guarded_descriptor(descriptor file) : state_(new state(std::move(file))) {}

guarded_descriptor::state* guarded_descriptor::owned() const noexcept {
    return static_cast<state*>(state_.get());
}

bool guarded_descriptor::is_open() const noexcept { return state_ && !state_->ended(); }

descriptor_ref guarded_descriptor::ref() const noexcept {
    return is_open() ? descriptor_ref(owned()->file) : descriptor_ref();
}

void guarded_descriptor::close() noexcept {
    if (state_) state_->close();
}

aio_group& guarded_descriptor::group() const noexcept {
    thread_local ended_group of_nothing;
    return state_ ? static_cast<aio_group&>(*state_) : of_nothing;
}

}  // namespace lariat
