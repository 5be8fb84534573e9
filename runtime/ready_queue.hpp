#pragma once

#include "runtime/intrusive_list.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// What can run now, in order. Never allocates; what is queued may leave by itself.
class ready_queue {
  public:
    bool empty() const noexcept { return items_.empty(); }

    void push(runnable& item) noexcept { items_.push_back(item); }

    /// Ahead of all others: for a transfer that was interrupted, so that order is kept.
    void push_front(runnable& item) noexcept { items_.push_front(item); }

    runnable* pop() noexcept { return items_.pop_front(); }

  private:
    intrusive_list<runnable> items_;
};

}  // namespace lariat
