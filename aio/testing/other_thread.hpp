#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <type_traits>

namespace lariat::testing {

/// A thread that does what it is told while the teller waits: what comes from elsewhere, at a
/// known point in the order of events.
class other_thread {
  public:
    other_thread();
    other_thread(const other_thread&) = delete;
    other_thread& operator=(const other_thread&) = delete;
    ~other_thread();

    /// Runs `work()` over there. Returns when it has returned.
    /// Requires: it does not throw. One caller at a time.
    template <class Work>
    void run(Work&& work) noexcept {
        using callable = std::remove_reference_t<Work>;
        run_erased(
            [](const void* it) { (*const_cast<callable*>(static_cast<const callable*>(it)))(); },
            std::addressof(work));
    }

  private:
    enum class phase : unsigned char { idle, told, done, ending };

    void run_erased(void (*call)(const void*), const void* work) noexcept;
    void loop() noexcept;
    void leave(phase now) const noexcept;

    void (*call_)(const void*) = nullptr;
    const void* work_ = nullptr;
    std::atomic<phase> phase_{phase::idle};
    std::thread thread_;
};

}  // namespace lariat::testing
