#include "aio/op/guarded_descriptor.hpp"

#include <utility>

#include "runtime/frame_pool.hpp"

namespace lariat {
namespace {

/// What operations on nothing belong to.
class ended_group final : public aio_group {
  public:
    ended_group() noexcept { close(); }
};

}  // namespace

/// Outlives its owner while operations are pending.
class guarded_descriptor::state final : public aio_group {
  public:
    explicit state(descriptor owned) noexcept : file(std::move(owned)) {}

    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        frame_pool::release(memory, size);
    }

    void let_go() noexcept {
        owned_ = false;
        if (finished_)
            delete this;
        else
            close();
    }

    descriptor file;

  private:
    void on_all_finished() noexcept override {
        finished_ = true;
        file = {};
        if (!owned_) delete this;
    }

    bool owned_ = true;
    bool finished_ = false;
};

void guarded_descriptor::let_go::operator()(state* subject) const noexcept { subject->let_go(); }

guarded_descriptor::guarded_descriptor(descriptor file) : state_(new state(std::move(file))) {}

bool guarded_descriptor::is_open() const noexcept { return state_ && !state_->ended(); }

descriptor_ref guarded_descriptor::ref() const noexcept {
    return is_open() ? descriptor_ref(state_->file) : descriptor_ref();
}

void guarded_descriptor::close() noexcept {
    if (state_) state_->close();
}

aio_group& guarded_descriptor::group() const noexcept {
    thread_local ended_group of_nothing;
    return state_ ? static_cast<aio_group&>(*state_) : of_nothing;
}

}  // namespace lariat
