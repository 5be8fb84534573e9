#include "runtime/worker_group.hpp"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <future>
#include <system_error>
#include <thread>
#include <tuple>

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/on.hpp"
#include "runtime/shield.hpp"
#include "runtime/within.hpp"

namespace lariat {
namespace {

/// The CPUs that this process may use.
std::vector<int> allowed_processors() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        throw std::system_error(kernel_error(errno), "worker_group: which CPUs");
    std::vector<int> numbers;
    for (int number = 0; number < CPU_SETSIZE; ++number)
        if (CPU_ISSET(number, &allowed)) numbers.push_back(number);
    return numbers;
}

void pin_this_thread(int processor) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    const int refused = ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one);
    if (refused != 0) throw std::system_error(kernel_error(refused), "worker_group: pinning");
}

}  // namespace

/// One thread and its scheduler.
class worker {
  public:
    /// Requires: a processor to stay on, or -1.
    worker(worker_group& group, const scheduler_options& options, int processor) : group_(group) {
        std::promise<void> begun;
        auto running = begun.get_future();
        // The promise goes along: it is touched until after the future is ready.
        thread_ = std::thread([this, &options, processor, begun = std::move(begun)]() mutable {
            work(options, processor, begun);
        });
        try {
            running.get();
        } catch (...) {
            thread_.join();
            throw;
        }
    }
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker() {
        if (!thread_.joinable()) return;
        loop_->post(leave_);
        if (here.kernel) here.kernel->poll();
        thread_.join();
    }

    /// Blocks until it has no tasks. Threads: the group's owner's.
    void await_no_tasks() noexcept {
        answered_.store(false, std::memory_order_relaxed);
        loop_->post(question_);
        // This thread's own messages go first: they may be what is waited for.
        if (here.kernel) here.kernel->poll();
        answered_.wait(false, std::memory_order_acquire);
    }

    scheduler& loop() noexcept { return *loop_; }
    std::size_t load() const noexcept { return load_.load(std::memory_order_relaxed); }

    bool is_this_thread() const noexcept { return thread_.get_id() == std::this_thread::get_id(); }

    void stop() noexcept { loop_->stop(); }

    void send(task<> body) { (new job(*this, std::move(body)))->send(); }

    /// On its thread: waits until all tasks but those that wait like this have gone.
    task<result<void>> await_others() {
        const waiting_too counted(*this);
        while (loop_->guests() > waiting_) {
            const auto gone = co_await loop_->guest_gone().wait();
            if (!gone) co_return gone.error();
        }
        co_return {};
    }

    /// The same, although the worker was stopped.
    task<result<void>> await_end() {
        const waiting_too counted(*this);
        while (loop_->guests() > waiting_)
            std::ignore = co_await shield(loop_->guest_gone().wait());
        co_return {};
    }

  private:
    class waiting_too {
      public:
        explicit waiting_too(worker& owner) noexcept : owner_(owner) {
            ++owner_.waiting_;
            owner_.tell();
        }
        ~waiting_too() { --owner_.waiting_; }
        waiting_too(const waiting_too&) = delete;
        waiting_too& operator=(const waiting_too&) = delete;

      private:
        worker& owner_;
    };

    /// Raises a flag on the worker's thread.
    class message final : public runnable {
      public:
        message(worker& owner, bool& flag) noexcept : owner_(owner), flag_(flag) {}

      private:
        void run() noexcept override {}
        void arrive() noexcept override {
            flag_ = true;
            owner_.tell();
        }

        worker& owner_;
        bool& flag_;
    };

    /// A task of the group. It destroys itself when it has gone.
    class job final : private guest {
      public:
        job(worker& owner, task<> body) : owner_(owner) {
            branch_.emplace(std::move(body));
            owner_.load_.fetch_add(1, std::memory_order_relaxed);
            owner_.group_.tasks_.fetch_add(1, std::memory_order_relaxed);
        }

        void send() noexcept { send_to(*owner_.loop_); }

      private:
        void begin() noexcept override { start(*branch_); }
        void evict() noexcept override { branch_.reset(); }

        void gone() noexcept override {
            if (branch_ && branch_->failed()) owner_.group_.keep(branch_->take_exception());
            owner_.load_.fetch_sub(1, std::memory_order_relaxed);
            owner_.group_.tasks_.fetch_sub(1, std::memory_order_release);
            delete this;
        }

        worker& owner_;
        std::optional<task_branch<void>> branch_;
    };

    void work(const scheduler_options& options, int processor, std::promise<void>& begun) noexcept {
        std::optional<scheduler> loop;
        task<> service;
        try {
            if (processor >= 0) pin_this_thread(processor);
            loop.emplace(options);
            service = serve();
        } catch (...) {
            begun.set_exception(std::current_exception());
            return;
        }
        loop_ = &*loop;
        begun.set_value();
        loop->run(std::move(service));
    }

    /// Until it is told to leave. A worker that is stopped still answers whoever comes.
    task<> serve() {
        while (!leaving_ || loop_->guests() > 0) {
            if (asked_ && loop_->guests() == 0) answer();
            std::ignore = co_await shield(loop_->guest_gone().wait());
        }
    }

    void answer() noexcept {
        asked_ = false;
        answered_.store(true, std::memory_order_release);
        answered_.notify_one();
    }

    /// Everyone who waits looks again.
    void tell() noexcept {
        loop_->guest_gone().set();
        loop_->guest_gone().reset();
    }

    worker_group& group_;
    scheduler* loop_ = nullptr;
    std::atomic<std::size_t> load_{0};
    std::atomic<bool> answered_{false};
    message question_{*this, asked_};
    message leave_{*this, leaving_};
    // On its thread.
    std::size_t waiting_ = 0;
    bool asked_ = false;  // Whether it has tasks.
    bool leaving_ = false;
    std::thread thread_;
};

worker_group::worker_group(worker_options options) {
    const std::vector<int> processors = allowed_processors();
    const std::size_t count = options.workers ? options.workers : processors.size();
    for (std::size_t number = 0; number < count; ++number) {
        const int processor = options.pinned ? processors[number % processors.size()] : -1;
        workers_.push_back(std::make_unique<worker>(*this, options.scheduler, processor));
    }
}

worker_group::~worker_group() {
    for (const auto& each : workers_)
        check(!each->is_this_thread(), "worker_group: destroyed by one of its workers");
    stop();
    // A task may start others on any worker until it ends: none leaves before all are idle. Who
    // was seen without tasks has got new ones only from tasks, so in the end these are counted.
    do {
        for (const auto& each : workers_) each->await_no_tasks();
    } while (tasks_.load(std::memory_order_acquire) != 0);
}

scheduler& worker_group::operator[](std::size_t number) noexcept {
    check(number < size(), "worker_group: no worker of that number");
    return workers_[number]->loop();
}

std::size_t worker_group::load(std::size_t number) const noexcept {
    check(number < size(), "worker_group: no worker of that number");
    return workers_[number]->load();
}

void worker_group::send(std::size_t number, task<> body) {
    check(number < size(), "worker_group: no worker of that number");
    workers_[number]->send(std::move(body));
}

std::size_t worker_group::least_loaded() const noexcept {
    const auto least = std::min_element(
        workers_.begin(), workers_.end(),
        [](const auto& one, const auto& other) { return one->load() < other->load(); });
    return static_cast<std::size_t>(least - workers_.begin());
}

void worker_group::stop() noexcept {
    for (const auto& each : workers_) each->stop();
}

task<result<void>> worker_group::drain(std::chrono::nanoseconds patience) {
    const auto in_time = co_await within(patience, await_idle());
    stop();
    do {
        for (const auto& each : workers_)
            std::ignore = co_await shield(on(each->loop(), each->await_end()));
    } while (tasks_.load(std::memory_order_acquire) != 0);
    // Stopped by someone else: all have ended, which is what was asked for.
    if (in_time.error() == error::stopped) co_return {};
    co_return in_time;
}

/// A task may start others on a worker that was seen without any.
task<result<void>> worker_group::await_idle() {
    do {
        for (const auto& each : workers_) {
            const auto idle = co_await on(each->loop(), each->await_others());
            if (!idle) co_return idle.error();
        }
    } while (tasks_.load(std::memory_order_acquire) != 0);
    co_return {};
}

void worker_group::keep(std::exception_ptr thrown) noexcept {
    const std::lock_guard held(lock_);
    if (!thrown_) thrown_ = std::move(thrown);
}

void worker_group::rethrow() {
    std::exception_ptr thrown;
    {
        const std::lock_guard held(lock_);
        thrown = std::exchange(thrown_, nullptr);
    }
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace lariat
