// A provider with a thread of its own: a sensor that measures when it is asked to, and takes its
// time. Coroutines await a reading, with everything that goes with it: deadlines, races, cancel.
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "aio/aio_list.hpp"
#include "aio/awaitable.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

class reading;

/// The device and its thread. `pending_` belongs to whoever holds the lock. Whoever takes a reading
/// out of it finishes that reading: this is what makes "exactly once" easy.
/// Lifetime: outlives its readings.
class sensor {
  public:
    void enqueue(reading& asked);
    bool take(reading& asked);

  private:
    reading* next(std::stop_token& stop);
    void work(std::stop_token stop);

    std::mutex mutex_;
    std::condition_variable_any asked_;
    io::aio_list pending_;
    std::jthread thread_{[this](std::stop_token stop) { work(std::move(stop)); }};
};

/// `co_await reading(device)` yields a `result<double>`, in degrees.
class reading final : public io::aio_awaitable<double> {
  public:
    explicit reading(sensor& device) : device_(device) {}

    /// On the device's thread. After `finish` this object may be gone.
    void deliver(double degrees) {
        degrees_ = degrees;
        finish({});
    }

  private:
    void start() noexcept override {
        if (!defer(&give_up, this)) return;  // aborted or late already: it is over, touch nothing
        device_.enqueue(*this);
    }

    /// At home, when a deadline, a cancel or a stop wants an end. If the device has taken the
    /// reading, it is about to deliver, and the value beats the cancel.
    static void give_up(io::aio& operation, void* self, std::error_code reason) noexcept {
        auto& asked = *static_cast<reading*>(self);
        if (asked.device_.take(asked)) operation.finish(reason);
    }

    double value() noexcept override { return degrees_; }

    sensor& device_;
    double degrees_ = 0;
};

void sensor::enqueue(reading& asked) {
    const std::scoped_lock lock(mutex_);
    pending_.push_back(asked);
    asked_.notify_one();
}

bool sensor::take(reading& asked) {
    const std::scoped_lock lock(mutex_);
    return io::aio_list::remove(asked);
}

reading* sensor::next(std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!asked_.wait(lock, stop, [this] { return !pending_.empty(); })) return nullptr;
    lock.unlock();
    std::this_thread::sleep_for(20ms);  // The device measures; the reading can still be taken back.
    lock.lock();
    return static_cast<reading*>(pending_.pop_front());
}

void sensor::work(std::stop_token stop) {
    double degrees = 20;
    while (!stop.stop_requested()) {
        if (reading* asked = next(stop)) asked->deliver(degrees += 0.5);
    }
}

io::task<bool> measure(sensor& device) {
    const auto first = co_await reading(device);
    if (first) std::cout << "first: " << *first << " degrees\n";

    // An operation stays where it is: what is passed on needs a name.
    reading hasty(device);
    const auto late = co_await io::within(1ms, hasty);
    std::cout << "within 1 ms: " << late.error().message() << '\n';

    reading again(device);  // One that has a name is awaited again and again.
    const auto second = co_await again;
    const auto third = co_await again;
    if (second && third) std::cout << "then: " << *second << ", " << *third << " degrees\n";
    const bool good = first && late.error() == io::error::timed_out && second && third;
    co_return good;
}

}  // namespace

int main() {
    sensor device;
    return io::run(measure(device)) ? 0 : 1;
}
