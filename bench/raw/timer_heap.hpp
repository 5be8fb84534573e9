#pragma once

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace bench::raw {

/// A binary heap in one array, each timer knowing its place: how Asio and many event loops keep
/// their timers.
class timer_heap {
  public:
    using time_point = std::chrono::steady_clock::time_point;
    struct timer {
        std::size_t place = 0;
    };

    void arm(timer& added, time_point due) {
        heap_.push_back({due, &added});
        added.place = heap_.size() - 1;
        up(added.place);
    }

    void disarm(timer& removed) noexcept {
        const std::size_t place = removed.place;
        const std::size_t last = heap_.size() - 1;
        if (place != last) swap(place, last);
        heap_.pop_back();
        if (place == last) return;
        if (place > 0 && heap_[place].due < heap_[(place - 1) / 2].due)
            up(place);
        else
            down(place);
    }

    timer* pop_due(time_point now) noexcept {
        if (heap_.empty() || heap_[0].due > now) return nullptr;
        timer* nearest = heap_[0].item;
        disarm(*nearest);
        return nearest;
    }

    bool empty() const noexcept { return heap_.empty(); }

  private:
    struct entry {
        time_point due;
        timer* item;
    };

    void swap(std::size_t a, std::size_t b) noexcept {
        std::swap(heap_[a], heap_[b]);
        heap_[a].item->place = a;
        heap_[b].item->place = b;
    }

    void up(std::size_t place) noexcept {
        while (place > 0) {
            const std::size_t parent = (place - 1) / 2;
            if (!(heap_[place].due < heap_[parent].due)) return;
            swap(place, parent);
            place = parent;
        }
    }

    void down(std::size_t place) noexcept {
        for (std::size_t child; (child = 2 * place + 1) < heap_.size(); place = child) {
            if (child + 1 < heap_.size() && heap_[child + 1].due < heap_[child].due) ++child;
            if (!(heap_[child].due < heap_[place].due)) return;
            swap(place, child);
        }
    }

    std::vector<entry> heap_;
};

}  // namespace bench::raw
