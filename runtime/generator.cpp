#include "runtime/generator.hpp"

#include "runtime/wait_report.hpp"

namespace lariat {

void generator_promise_base::destroy_body() noexcept {
    check(!asking_, "generator: destroyed while its next value is waited for");
    if (linked()) unlink();
    destroy(body_, *this);
}

bool generator_promise_base::ask(generator_wait& whom) noexcept {
    check(!asking_, "generator: two waits at once for its next value");
    if (finished() || kept_) return false;
    asking_ = &whom;
    return true;
}

void generator_promise_base::forget(const generator_wait& whom) noexcept {
    if (asking_ != &whom) return;
    asking_ = nullptr;
    line_.cancel(make_error_code(error::canceled));
}

/// Returns: whether it rested.
bool generator_promise_base::begin_run() noexcept {
    if (std::exchange(running_, true)) return false;
    if (!started()) enter(line_, *this);
    return true;
}

std::coroutine_handle<> generator_promise_base::go_on() noexcept {
    if (!begin_run()) return std::noop_coroutine();
    if (!may_transfer()) return transfer_later(*this);
    here.line = &line_;
    return body_;
}

void generator_promise_base::go_on_later() noexcept {
    if (begin_run()) home::current().make_ready(*this);
}

void generator_promise_base::run() noexcept {
    here.line = &line_;
    body_.resume();
}

std::coroutine_handle<> generator_promise_base::answer() noexcept {
    running_ = false;
    if (finished() && line_.reason) end_ = line_.reason;
    line_.reason = {};
    kept_ = true;
    if (!asking_) return std::noop_coroutine();
    generator_wait& whom = *std::exchange(asking_, nullptr);
    return may_transfer() ? whom.end() : transfer_later(whom);
}

bool generator_wait::begin() noexcept {
    if (!generator_.ask(*this)) return false;
    if (refused()) generator_.line().cancel(line()->reason);
    become_leaf(home::current());
    return true;
}

void generator_wait::describe(wait_report& report) const { report.name = "generator"; }

}  // namespace lariat
