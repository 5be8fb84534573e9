#pragma once

#include <cstddef>
#include <memory>

#include "aio/aio_group.hpp"
#include "runtime/frame_pool.hpp"

namespace lariat {

/// A group with what its operations use, owned through `lasting_owner`: while operations are
/// pending it outlives its owner, then it goes by itself.
class lasting_group : public aio_group {
  public:
    /// The owner is gone.
    void let_go() noexcept {
        owned_ = false;
        if (finished_)
            delete this;
        else
            close();
    }

    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        frame_pool::release(memory, size);
    }

  private:
    /// The group has ended and no operation is left: what they used can go now.
    virtual void on_last_operation() noexcept {}

    void on_all_finished() noexcept final {
        finished_ = true;
        on_last_operation();
        if (!owned_) delete this;
    }

    bool owned_ = true;
    bool finished_ = false;
};

struct lasting_group_release {
    void operator()(lasting_group* subject) const noexcept { subject->let_go(); }
};

template <class Group>
using lasting_owner = std::unique_ptr<Group, lasting_group_release>;

}  // namespace lariat
