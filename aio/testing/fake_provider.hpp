#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <vector>

#include "aio/aio.hpp"
#include "aio/aio_list.hpp"
#include "aio/awaitable.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "runtime/wait_report.hpp"

namespace lariat::testing {

/// What a fake provider does with an operation, and when it is asked to give it up.
enum class fake_kind : std::uint8_t {
    accepts_at_once,    ///< Finishes with the reason, inside the cancel function.
    accepts_later,      ///< Gives up as well, but finishes when it is told to.
    declines,           ///< Returns without a change: only its work's end ends the operation.
    uncancelable,       ///< Has no cancel function.
    finishes_in_start,  ///< Is done at once; never defers.
};

/// Where its `finish` comes from.
enum class fake_place : bool {
    at_home,
    elsewhere,  ///< Another thread, which has returned from `finish` before the test goes on.
};

/// A provider whose every step is taken by the test: nothing happens by itself.
///
/// Lifetime: outlives its operations, and ends before its home.
class fake_provider final : private outside_source {
  public:
    fake_provider(manual_home& at, fake_kind kind, fake_place place = fake_place::at_home);
    ~fake_provider();

    /// The provider's side of the start of an operation that has begun.
    void start(aio& operation) noexcept;

    /// The work of the oldest operation that was not asked to give up is done.
    /// Returns: whether there was one.
    bool succeed(std::size_t count = 1) noexcept { return finish_oldest({}, count); }
    bool fail(std::error_code why, std::size_t count = 0) noexcept {
        return finish_oldest(why, count);
    }

    /// The oldest operation that is being given up ends with its reason.
    /// Returns: whether there was one.
    bool give_up() noexcept;

    /// The kind may change from one operation to the next.
    void become(fake_kind kind) noexcept { kind_ = kind; }

    std::size_t started() const noexcept { return started_; }
    std::size_t finished() const noexcept { return finished_; }
    /// Operations that it has and did not finish.
    std::size_t pending() const noexcept { return pending_; }
    /// Every reason its cancel function was called with, in order.
    const std::vector<std::error_code>& asked() const noexcept { return asked_; }

  private:
    static void on_cancel(aio& operation, void* self, std::error_code reason) noexcept;
    void asked_to_give_up(aio& operation, std::error_code reason) noexcept;
    bool finish_oldest(std::error_code error, std::size_t count) noexcept;
    void finish(aio& operation, std::error_code error, std::size_t count) noexcept;
    bool happen() noexcept override { return give_up() || succeed(); }

    fake_kind kind_;
    std::unique_ptr<other_thread> elsewhere_;  // Null: finishes at home.
    aio_list working_;
    aio_list giving_up_;
    std::vector<std::error_code> asked_;
    std::size_t started_ = 0;
    std::size_t finished_ = 0;
    std::size_t pending_ = 0;
};

/// An operation of a fake provider: yields the count it was finished with.
///
///     fake_operation operation(provider);
///     auto count = co_await operation;       // result<std::size_t>
template <class Base = aio>
class basic_fake_operation final : public aio_awaitable<std::size_t, Base> {
  public:
    template <class... Args>
    explicit basic_fake_operation(fake_provider& provider, Args&&... base) noexcept
        : aio_awaitable<std::size_t, Base>(std::forward<Args>(base)...), provider_(provider) {}
    ~basic_fake_operation() { this->retire(); }

    /// Begins without a coroutine, for whoever wants to be told.
    void start_for(listener& consumer) noexcept {
        this->begin(continuation(consumer));
        start();
    }

  private:
    void start() noexcept override { provider_.start(*this); }
    std::size_t value() noexcept override { return this->count(); }
    void describe(wait_report& report) const override {
        aio::describe(report);
        report.provider = "fake_provider";
    }

    fake_provider& provider_;
};

using fake_operation = basic_fake_operation<>;

/// A consumer that counts how often it was told.
class counting_consumer final : public listener {
  public:
    std::coroutine_handle<> notify() noexcept override {
        ++told_;
        return std::noop_coroutine();
    }
    std::size_t told() const noexcept { return told_; }

  private:
    std::size_t told_ = 0;
};

}  // namespace lariat::testing
