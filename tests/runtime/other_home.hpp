#pragma once

#include <memory>
#include <utility>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"

/// A manual home on a thread of its own, which does what it is told while the test waits.
class other_home {
  public:
    other_home() {
        thread_.run([this] { home_ = std::make_unique<lariat::testing::manual_home>(); });
    }
    ~other_home() { end(); }

    /// Calls `work(home)` over there.
    template <class Work>
    void run(Work work) {
        thread_.run([&] { work(*home_); });
    }

    void run_until_idle() {
        run([](lariat::testing::manual_home& at) { at.run_until_idle(); });
    }

    /// Its home ends; what was started there has been destroyed before.
    void end() {
        thread_.run([this] { home_.reset(); });
    }

  private:
    lariat::testing::other_thread thread_;
    std::unique_ptr<lariat::testing::manual_home> home_;
};

/// A task that runs over there.
template <class T = void>
class running_there {
  public:
    running_there(other_home& there, lariat::task<T> body) : there_(there) {
        there_.run([&](lariat::testing::manual_home& at) {
            running_ = std::make_unique<lariat::testing::running<T>>(at, std::move(body));
            at.run_until_idle();
        });
    }
    ~running_there() { reset(); }
    running_there(const running_there&) = delete;
    running_there& operator=(const running_there&) = delete;

    bool done() const noexcept { return running_->done(); }
    T take() { return running_->take(); }

    void cancel() {
        there_.run([this](auto&) { running_->cancel(); });
    }

    void reset() {
        there_.run([this](auto&) { running_.reset(); });
    }

  private:
    other_home& there_;
    std::unique_ptr<lariat::testing::running<T>> running_;
};
