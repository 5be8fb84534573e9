#pragma once

#include "aio/aio.hpp"
#include "runtime/intrusive_list.hpp"

namespace lariat {

/// Deferred operations in the order in which a provider will finish them. It owns nothing and
/// never allocates. Whoever takes an operation out finishes it: that makes "exactly once" easy.
/// Threads: one at a time; a provider with a thread of its own guards it with its own lock.
class aio_list {
  public:
    bool empty() const noexcept { return items_.empty(); }

    /// Requires: in no list.
    void push_back(aio& operation) noexcept { items_.push_back(operation); }

    /// Back to where `pop_front` took it from.
    void push_front(aio& operation) noexcept { items_.push_front(operation); }

    /// Returns: the oldest, which has left the list; null when there is none.
    aio* pop_front() noexcept { return items_.pop_front(); }

    /// Returns: whether it was in a list, and has left it.
    static bool remove(aio& operation) noexcept {
        list_hook<>& hook = operation;
        if (!hook.linked()) return false;
        hook.unlink();
        return true;
    }

  private:
    intrusive_list<aio> items_;
};

}  // namespace lariat
