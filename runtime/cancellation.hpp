#pragma once

#include <system_error>

#include "runtime/intrusive_list.hpp"

namespace lariat {

class waiter;
class task_promise_base;
struct strand;

/// Goes through the strands below a composite or a scope.
class line_visitor {
  public:
    virtual void visit(strand& line) = 0;

  protected:
    ~line_visitor() = default;
};

/// A scope that lives in a strand's coroutines: cancelled with the strand.
class strand_scope : public list_hook<strand_scope> {
  public:
    virtual void cancel(std::error_code reason) noexcept = 0;
    virtual void show_lines(line_visitor& visitor) = 0;

  protected:
    ~strand_scope() = default;
};

/// Why a strand was cancelled: an error code that costs nothing to make while it is empty.
class cancel_reason {
  public:
    cancel_reason() = default;
    cancel_reason(std::error_code why) noexcept : value_(why.value()), category_(&why.category()) {}

    explicit operator bool() const noexcept { return value_ != 0; }

    operator std::error_code() const noexcept {
        if (value_ == 0) return {};
        return {value_, *category_};
    }

  private:
    int value_ = 0;
    const std::error_category* category_;  // Of a value that is not 0.
};

/// One line of awaits: tasks that await one another, with at most one wait at the end of the line.
/// Cancel reaches a coroutine tree strand by strand, on the home's thread alone, without
/// allocation and without atomics.
///
/// Invariants:
/// 1. `leaf` is set exactly while the strand is suspended on something that can be cancelled.
/// 2. Once `reason` is set it stays: an operation started later fails at once with it.
/// 3. Propagation runs no coroutine: a cancel makes waiters ready, the loop resumes them.
struct strand {
    waiter* leaf = nullptr;
    cancel_reason reason;  ///< Empty: not cancelled.
    intrusive_list<strand_scope, strand_scope> scopes;
    task_promise_base* innermost =
        nullptr;  ///< The task that runs or waits at the end of the line.

    /// Stores the reason, then cancels the leaf, then the scopes, newest first. A strand that has
    /// a reason already is left alone. A leaf that is a composite passes the reason to the
    /// strands of its members.
    void cancel(std::error_code why) noexcept;

    /// The same, with a leaf that is to give back what it was promised, also on a strand that has a
    /// reason already; see `waiter::retract`.
    void retract(std::error_code why) noexcept;
};

}  // namespace lariat
