#include "aio/testing/other_thread.hpp"

namespace lariat::testing {
namespace {

// An exchange takes about a microsecond when both sides look for it, and ten when they sleep.
constexpr int looks_before_sleep = 2000;

}  // namespace

other_thread::other_thread() : thread_([this] { loop(); }) {}

other_thread::~other_thread() {
    phase_.store(phase::ending, std::memory_order_release);
    phase_.notify_all();
    thread_.join();
}

void other_thread::leave(phase now) const noexcept {
    for (int look = 0; look < looks_before_sleep; ++look) {
        if (phase_.load(std::memory_order_acquire) != now) return;
    }
    phase_.wait(now, std::memory_order_acquire);
}

void other_thread::run_erased(void (*call)(const void*), const void* work) noexcept {
    call_ = call;
    work_ = work;
    phase_.store(phase::told, std::memory_order_release);
    phase_.notify_all();
    leave(phase::told);
    phase_.store(phase::idle, std::memory_order_relaxed);
}

void other_thread::loop() noexcept {
    for (;;) {
        const phase now = phase_.load(std::memory_order_acquire);
        switch (now) {
            case phase::told:
                call_(work_);
                phase_.store(phase::done, std::memory_order_release);
                phase_.notify_all();
                break;
            case phase::ending:
                return;
            default:
                leave(now);
        }
    }
}

}  // namespace lariat::testing
