#include "runtime/scope.hpp"

#include <cstdio>

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/wait_report.hpp"

namespace lariat {
namespace {

// A destructor cannot throw, and what a child threw must not vanish in silence.
void say_lost(std::exception_ptr thrown) noexcept {
    const char* const sentence = "lariat: a task_scope was not joined: its child threw";
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", sentence, error.what());
    } catch (...) {
        std::fprintf(stderr, "%s\n", sentence);
    }
}

}  // namespace

scope_child::~scope_child() {
    if (list_hook<>::linked()) list_hook<>::unlink();
    task_promise_base::destroy(body_, promise_);
    // Until here it is its scope's: what it leaves behind may wait as it is destroyed, and what it
    // is a part of must not go meanwhile.
    if (list_hook<scope_child>::linked()) list_hook<scope_child>::unlink();
}

void scope_child::run() noexcept {
    here.line = &line;
    body_.resume();
}

inline void task_scope::child_ended(scope_child& child) noexcept {
    delete &child;
    if (size_-- > most_running_) [[unlikely]]
        start_next();
    if (size_ == 0 && joining_) joining_->all_ended();
}

std::coroutine_handle<> scope_child::notify() noexcept {
    if (promise_.failed()) [[unlikely]]
        scope_.child_threw(promise_.take_exception());
    else if (scope_.fails_fast() && read_error_(promise_)) [[unlikely]]
        scope_.cancel();
    // The task is suspended for good: its frame may be destroyed from in here.
    scope_.child_ended(*this);
    return std::noop_coroutine();
}

task_scope::task_scope(scope_options options) noexcept
    : policy_(options.policy), most_running_(options.most_running) {
    check(most_running_ > 0, "task_scope: of which no child may run");
    if (here.line) {
        here.line->scopes.push_front(*this);
        if (here.line->reason) reason_ = here.line->reason;
    } else if (here.at) {
        here.at->loose_scopes().push_front(*this);
    }
}

task_scope::~task_scope() {
    check(!joining_, "task_scope: destroyed while it is being joined");
    if (linked()) unlink();
    cancel();
    // Those that have not started go first: nothing is to take the place of one that ends.
    while (scope_child* child = waiting_.pop_front()) delete child;
    // All were asked before the first is waited for.
    while (scope_child* child = children_.pop_front()) delete child;
    if (thrown_) say_lost(std::move(thrown_));
}

inline void task_scope::start(scope_child& child) noexcept {
    children_.push_back(child);
    if (reason_) child.line.cancel(reason_);
    child.start();
}

void task_scope::adopt(scope_child& child) noexcept {
    // It was made before the home, or has outlived its strand.
    if (!linked() && here.at) [[unlikely]]
        here.at->loose_scopes().push_front(*this);
    if (++size_ > most_running_) [[unlikely]]
        waiting_.push_back(child);
    else
        start(child);
}

void task_scope::start_next() noexcept { start(*waiting_.pop_front()); }

void task_scope::child_threw(std::exception_ptr thrown) noexcept {
    if (!thrown_) thrown_ = std::move(thrown);
    cancel();
}

void task_scope::cancel(std::error_code reason) noexcept {
    if (reason_) return;
    reason_ = reason;
    children_.for_each([&](scope_child& child) { child.line.cancel(reason); });
}

void task_scope::show_lines(line_visitor& visitor) {
    children_.for_each([&](scope_child& child) { visitor.visit(child.line); });
}

task_scope::join_awaiter::~join_awaiter() {
    if (armed()) home_->timers().disarm(*this);
    leave_queue();
    leave_leaf();
    if (scope_.joining_ == this) scope_.joining_ = nullptr;
}

bool task_scope::join_awaiter::launch() noexcept {
    check(!scope_.joining_, "task_scope: joined twice at the same time");
    if (scope_.size_ == 0) return false;
    home_ = &home::current();
    if (patience_ != forever && !home_->timers().arm(*this, after(home_->now(), patience_)))
        scope_.cancel();
    scope_.joining_ = this;
    become_leaf(*home_);
    return true;
}

void task_scope::join_awaiter::await_resume() {
    if (scope_.thrown_) std::rethrow_exception(std::exchange(scope_.thrown_, nullptr));
}

void task_scope::join_awaiter::expire() noexcept { scope_.cancel(); }

void task_scope::join_awaiter::all_ended() noexcept {
    scope_.joining_ = nullptr;
    if (armed()) home_->timers().disarm(*this);
    home_->make_ready(*this);
}

void task_scope::join_awaiter::describe(wait_report& report) const {
    report.name = "join";
    if (armed()) report.deadline = due();
}

}  // namespace lariat
