#include "runtime/result.hpp"

#include <cerrno>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using lariat::error;
using lariat::or_return;
using lariat::result;
using lariat::transfer;

namespace {

// The least coroutine that `or_return` can leave early: run to its end by the caller.
class attempt {
  public:
    struct promise_type {
        std::optional<result<int>>* outcome = nullptr;

        attempt get_return_object() {
            return attempt(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_value(result<int> value) { outcome->emplace(std::move(value)); }
        void unhandled_exception() { throw; }

        std::coroutine_handle<> return_early(std::error_code reason) noexcept {
            outcome->emplace(reason);
            return std::noop_coroutine();
        }
    };

    explicit attempt(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;
    ~attempt() { frame_.destroy(); }

    result<int> run() {
        std::optional<result<int>> outcome;
        frame_.promise().outcome = &outcome;
        frame_.resume();
        return *outcome;
    }

  private:
    std::coroutine_handle<promise_type> frame_;
};

attempt add(result<int> left, result<int> right, int& steps) {
    const int one = co_await or_return(left);
    ++steps;
    const int other = co_await or_return(right);
    ++steps;
    co_return one + other;
}

attempt check_then_answer(result<void> first, transfer second) {
    co_await or_return(first);
    const std::size_t count = co_await or_return(second);
    co_return static_cast<int>(count);
}

attempt length_of(result<std::unique_ptr<std::string>> text) {
    const auto held = co_await or_return(std::move(text));
    co_return static_cast<int>(held->size());
}

}  // namespace

TEST_CASE("a result of a value has the value and no error") {
    result<std::string> made = std::string("hello");

    CHECK(made);
    CHECK(made.has_value());
    CHECK_FALSE(made.error());
    CHECK(*made == "hello");
    CHECK(made->size() == 5);
    CHECK(made.value() == "hello");
}

TEST_CASE("a result of an error has the error and no value") {
    result<std::string> ours = error::timed_out;
    result<std::string> kernels = lariat::kernel_error(ENOENT);

    CHECK_FALSE(ours);
    CHECK(ours.error() == error::timed_out);
    CHECK_FALSE(kernels.has_value());
    CHECK(kernels.error() == std::errc::no_such_file_or_directory);
}

TEST_CASE("the value of an error is thrown as the error") {
    result<int> nothing = error::closed;
    result<void> also_nothing = error::canceled;

    CHECK_THROWS_WITH_AS(nothing.value(), "closed", std::system_error);
    CHECK_THROWS_AS(also_nothing.value(), std::system_error);
}

TEST_CASE("value_or gives the value, or the other one") {
    CHECK(result<int>(1).value_or(2) == 1);
    CHECK(result<int>(error::stopped).value_or(2) == 2);
}

TEST_CASE("a value that can only be moved can be moved out of a result") {
    result<std::unique_ptr<int>> made = std::make_unique<int>(7);

    const std::unique_ptr<int> taken = *std::move(made);

    CHECK(*taken == 7);
}

TEST_CASE("a result of void is success unless it has an error") {
    const result<void> done;
    const result<void> failed = error::end_of_stream;

    CHECK(done);
    CHECK_FALSE(done.error());
    CHECK_NOTHROW(done.value());
    CHECK_FALSE(failed);
    CHECK(failed.error() == error::end_of_stream);
}

TEST_CASE("a transfer keeps the count that came before its error") {
    const transfer whole = 10;
    const transfer cut(error::end_of_stream, 4);

    CHECK(whole);
    CHECK(*whole == 10);
    CHECK_FALSE(cut);
    CHECK(cut.count() == 4);
    CHECK(cut.error() == error::end_of_stream);
}

TEST_CASE("the types that carry an error are known") {
    CHECK(lariat::carries_error<result<int>>);
    CHECK(lariat::carries_error<result<void>>);
    CHECK(lariat::carries_error<transfer>);
    CHECK_FALSE(lariat::carries_error<int>);
    CHECK_FALSE(lariat::carries_error<std::error_code>);
}

TEST_CASE("or_return goes on with the value") {
    int steps = 0;

    const auto sum = add(2, 3, steps).run();

    CHECK(*sum == 5);
    CHECK(steps == 2);
}

TEST_CASE("or_return leaves with the first error, and nothing after it runs") {
    int steps = 0;

    const auto sum = add(2, error::timed_out, steps).run();

    CHECK(sum.error() == error::timed_out);
    CHECK(steps == 1);
}

TEST_CASE("or_return takes a result of void and a transfer") {
    CHECK(*check_then_answer({}, 12).run() == 12);
    CHECK(check_then_answer(error::closed, 12).run().error() == error::closed);
    CHECK(check_then_answer({}, transfer(error::stopped, 3)).run().error() == error::stopped);
}

TEST_CASE("or_return moves a value that cannot be copied") {
    const auto length = length_of(std::make_unique<std::string>("four")).run();

    CHECK(*length == 4);
}
