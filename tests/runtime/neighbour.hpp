#pragma once

#include <future>
#include <thread>

#include "runtime/event.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/task.hpp"

/// A thread with a scheduler that runs until this ends.
class neighbour {
  public:
    neighbour() : thread_([this] { work(); }) { loop_ = ready_.get_future().get(); }
    ~neighbour() { end(); }

    lariat::scheduler& loop() { return *loop_; }
    std::thread::id id() const { return id_; }

    /// Stops it, and waits until its scheduler is gone.
    void end() {
        if (!thread_.joinable()) return;
        loop_->stop();
        thread_.join();
    }

  private:
    void work() {
        id_ = std::this_thread::get_id();
        lariat::scheduler loop;
        ready_.set_value(&loop);
        loop.run(wait_for_stop());
    }

    static lariat::task<> wait_for_stop() {
        lariat::event never;
        (void)co_await never.wait();
    }

    std::promise<lariat::scheduler*> ready_;
    std::thread::id id_;
    lariat::scheduler* loop_ = nullptr;
    std::thread thread_;
};
