#include "runtime/timer.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "runtime/check.hpp"

namespace lariat {
namespace {

constexpr std::size_t arity = 4;

// The root sits at 3, so that the four children of any node start at a multiple of four: with
// entries of 16 bytes they share one cache line.
constexpr std::size_t root = 3;

constexpr std::size_t parent(std::size_t slot) noexcept { return slot / arity + root - 1; }
constexpr std::size_t first_child(std::size_t slot) noexcept { return (slot - root + 1) * arity; }

constexpr std::size_t fewest_slots = 256;
constexpr std::align_val_t cache_line{64};

}  // namespace

void timer_queue::free_entries::operator()(entry* memory) const noexcept {
    ::operator delete(memory, cache_line);
}

bool timer_queue::reserve(std::size_t slots) noexcept {
    if (slots <= capacity_) [[likely]]
        return true;
    const std::size_t wanted = std::max(fewest_slots, capacity_ * 2);
    void* memory = ::operator new(wanted * sizeof(entry), cache_line, std::nothrow);
    if (!memory) return false;
    std::unique_ptr<entry[], free_entries> larger(static_cast<entry*>(memory));
    if (entries_) std::copy_n(entries_.get() + root, size_, larger.get() + root);
    entries_ = std::move(larger);
    capacity_ = wanted;
    return true;
}

bool timer_queue::arm(timed_waiter& timer, time_point due) noexcept {
    check(!timer.armed(), "timer_queue: the timer is already armed");
    if (due == never) return true;
    if (!reserve(root + size_ + 1)) return false;
    timer.due_ = due;
    sift_up({due, &timer}, root + size_++);
    return true;
}

void timer_queue::disarm(timed_waiter& timer) noexcept {
    check(timer.armed(), "timer_queue: the timer is not armed");
    const std::size_t slot = timer.slot_;
    timer.slot_ = timer_place::unarmed;
    const entry last = entries_[root + --size_];
    if (last.timer == &timer) return;
    if (!sift_up(last, slot)) sift_down(last, slot);
}

time_point timer_queue::next() noexcept { return empty() ? never : entries_[root].due; }

timed_waiter* timer_queue::pop_due(time_point now) noexcept {
    if (empty() || entries_[root].due > now) return nullptr;
    timed_waiter* timer = entries_[root].timer;
    disarm(*timer);
    return timer;
}

void timer_queue::place(entry item, std::size_t slot) noexcept {
    entries_[slot] = item;
    item.timer->slot_ = static_cast<std::uint32_t>(slot);
}

/// Moves `item` from the hole at `slot` towards the root. Returns: whether it moved.
bool timer_queue::sift_up(entry item, std::size_t slot) noexcept {
    const std::size_t start = slot;
    while (slot > root && item.due < entries_[parent(slot)].due) {
        place(entries_[parent(slot)], slot);
        slot = parent(slot);
    }
    place(item, slot);
    return slot != start;
}

void timer_queue::sift_down(entry item, std::size_t slot) noexcept {
    const std::size_t end = root + size_;
    for (;;) {
        const std::size_t first = first_child(slot);
        if (first >= end) break;
        const std::size_t beyond = std::min(first + arity, end);
        std::size_t least = first;
        for (std::size_t child = first + 1; child < beyond; ++child) {
            if (entries_[child].due < entries_[least].due) least = child;
        }
        if (item.due <= entries_[least].due) break;
        place(entries_[least], slot);
        slot = least;
    }
    place(item, slot);
}

}  // namespace lariat
