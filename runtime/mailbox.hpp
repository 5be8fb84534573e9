#pragma once

#include <atomic>

#include "runtime/waiter.hpp"

namespace lariat {

/// An inbox that any thread posts to and one thread empties. Lock-free; the nodes are intrusive,
/// so posting cannot fail.
class mailbox {
  public:
    /// What the caller wrote before is visible where the item arrives. Items of one thread arrive
    /// in the order in which it posted them.
    /// Threads: any.
    void post(runnable& item) noexcept {
        list_hook<>* head = head_.load(std::memory_order_relaxed);
        do {
            item.next_ = head;
        } while (!head_.compare_exchange_weak(head, &item, std::memory_order_seq_cst,
                                              std::memory_order_relaxed));
    }

    /// Ordered with a `post` before it and a flag read after it on other threads: a sleeper that
    /// says so and then finds the mailbox empty cannot miss what is posted later.
    /// Threads: any.
    bool empty() const noexcept { return head_.load(std::memory_order_seq_cst) == nullptr; }

    /// Lets everything that was posted arrive, oldest first.
    /// Returns: how many items arrived.
    /// Threads: the owner's.
    unsigned drain() noexcept;

    /// Lets go of what was posted, which does not arrive.
    /// Threads: the only one.
    void forget() noexcept { head_.store(nullptr, std::memory_order_relaxed); }

  private:
    std::atomic<list_hook<>*> head_{nullptr};
};

}  // namespace lariat
