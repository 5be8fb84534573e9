#include "runtime/mailbox.hpp"

namespace lariat {

unsigned mailbox::drain() noexcept {
    if (empty()) return 0;
    list_hook<>* newest = head_.exchange(nullptr, std::memory_order_acquire);

    list_hook<>* oldest = nullptr;
    while (newest) {
        list_hook<>* older = newest->next_;
        newest->next_ = oldest;
        oldest = newest;
        newest = older;
    }

    unsigned arrived = 0;
    while (oldest) {
        list_hook<>* next = oldest->next_;
        oldest->next_ = nullptr;
        static_cast<runnable*>(oldest)->arrive();
        oldest = next;
        ++arrived;
    }
    return arrived;
}

}  // namespace lariat
