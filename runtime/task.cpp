#include "runtime/task.hpp"

namespace lariat {

void task_link::run() noexcept {
    here.line = promise_.current_strand();
    next_.resume();
}

void task_link::destroy_child() noexcept {
    if (linked()) unlink();
    task_promise_base::destroy(std::exchange(child_, nullptr), promise_);
}

void task_promise_base::destroy(std::coroutine_handle<> top, task_promise_base& promise) noexcept {
    if (promise.started() && !promise.finished()) {
        check(!here.at || !here.at->dispatching(),
              "task: destroyed inside a completion, an arrival or a cancel function");
        strand& line = *promise.strand_;
        while (line.innermost && line.innermost != &promise) {
            task_link* link = line.innermost->link_;
            line.innermost = link->parent_promise();
            link->destroy_frame();
        }
        line.innermost = nullptr;
    }
    top.destroy();
}

}  // namespace lariat
