#include "runtime/thread_pool.hpp"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <memory>

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/fork.hpp"

namespace lariat {

thread_pool::thread_pool(thread_pool_options options) noexcept
    : options_(options), made_after_(count_forks()) {
    check(options_.most > 0, "thread_pool: of no threads");
}

thread_pool::~thread_pool() {
    if (made_after_ != forks) {
        // In a child the threads are not there, but what they waited for believes that they are.
        std::construct_at(&changed_);
        std::construct_at(&lock_);
        return;
    }
    std::unique_lock held(lock_);
    check(queued_ == 0, "thread_pool: destroyed while calls wait for it");
    ending_ = true;
    changed_.notify_all();
    changed_.wait(held, [this] { return threads_ == 0; });
}

thread_pool& thread_pool::common() {
    // Never destroyed: its threads may outlive what would do it. A child has one of its own.
    static constinit std::atomic<thread_pool*> common{nullptr};
    thread_pool* there = common.load(std::memory_order_acquire);
    while (!there || there->made_after_ != forks) {
        auto fresh = std::make_unique<thread_pool>();
        if (common.compare_exchange_strong(there, fresh.get(), std::memory_order_acq_rel))
            there = fresh.release();
    }
    return *there;
}

std::error_code thread_pool::submit(job& one) noexcept {
    check(made_after_ == forks, "thread_pool: used in a child of the process that made it");
    const std::lock_guard held(lock_);
    waiting_.push_back(one);
    ++queued_;
    if (queued_ > idle_ && threads_ < options_.most) {
        const std::error_code refused = add_thread();
        // Those that are there will come to it.
        if (refused && threads_ == 0) {
            one.unlink();
            --queued_;
            return refused;
        }
    }
    changed_.notify_one();
    return {};
}

bool thread_pool::take_back(job& one) noexcept {
    const std::lock_guard held(lock_);
    if (!one.linked()) return false;
    one.unlink();
    --queued_;
    return true;
}

std::size_t thread_pool::threads() const noexcept {
    const std::lock_guard held(lock_);
    return threads_;
}

std::error_code thread_pool::add_thread() noexcept {
    // Signals are for the threads of the program: these block them all.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t made;
    const int refused = ::pthread_create(&made, nullptr, &serve, this);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (refused != 0) return kernel_error(refused);
    ::pthread_detach(made);
    ++threads_;
    return {};
}

void* thread_pool::serve(void* self) noexcept {
    static_cast<thread_pool*>(self)->work();
    return nullptr;
}

void thread_pool::work() noexcept {
    std::unique_lock held(lock_);
    for (;;) {
        if (job* one = waiting_.pop_front()) {
            --queued_;
            held.unlock();
            one->execute();
            held.lock();
            continue;
        }
        if (ending_) break;
        ++idle_;
        const bool called =
            changed_.wait_for(held, options_.idle, [this] { return queued_ > 0 || ending_; });
        --idle_;
        if (!called) break;
    }
    --threads_;
    changed_.notify_all();
}

}  // namespace lariat
