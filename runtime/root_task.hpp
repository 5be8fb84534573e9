#pragma once

#include <coroutine>

#include "runtime/cancellation.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/task_branch.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// A first task of a scheduler, on a strand of its own: what `stop` reaches.
class root_task : public list_hook<root_task>, protected listener {
  public:
    strand& line() noexcept { return line_; }

    template <class T>
    void start(task_branch<T>& body) noexcept {
        body.attach(&line_, *this);
        body.launch();
    }

  protected:
    root_task() = default;
    ~root_task() = default;

  private:
    strand line_;
};

/// The one that `scheduler::run` waits for.
class main_task final : public root_task {
  public:
    bool done() const noexcept { return done_; }

  private:
    std::coroutine_handle<> notify() noexcept override {
        done_ = true;
        return std::noop_coroutine();
    }

    bool done_ = false;
};

}  // namespace lariat
