#include "runtime/error.hpp"

#include <array>
#include <cerrno>
#include <ostream>
#include <set>
#include <string>

#include <doctest/doctest.h>

using lariat::error;
using lariat::kernel_error;
using lariat::make_error_code;

namespace {

constexpr std::array every_error = {
    error::canceled,      error::timed_out,      error::stopped, error::closed,
    error::end_of_stream, error::limit_exceeded, error::torn,
};

}  // namespace

TEST_CASE("an error of ours is an error, and equal to itself only") {
    for (const auto one : every_error) {
        const std::error_code code = one;

        CHECK(static_cast<bool>(code));
        CHECK(code.category() == lariat::error_category());
        for (const auto other : every_error) CHECK((code == other) == (one == other));
    }
}

TEST_CASE("errors equal the std::errc that says the same") {
    CHECK(make_error_code(error::canceled) == std::errc::operation_canceled);
    CHECK(make_error_code(error::stopped) == std::errc::operation_canceled);
    CHECK(make_error_code(error::timed_out) == std::errc::timed_out);
    CHECK(make_error_code(error::limit_exceeded) == std::errc::message_size);
}

TEST_CASE("errors that errno has no word for equal no std::errc") {
    for (const auto one : {error::closed, error::end_of_stream, error::torn}) {
        for (int number = 0; number < 200; ++number) {
            CHECK(make_error_code(one) != static_cast<std::errc>(number));
        }
    }
}

TEST_CASE("an error of the kernel equals its std::errc") {
    CHECK(kernel_error(ECONNRESET) == std::errc::connection_reset);
    CHECK(kernel_error(ETIMEDOUT) == std::errc::timed_out);
    CHECK(kernel_error(ECANCELED) == std::errc::operation_canceled);
}

TEST_CASE("the kernel's ETIMEDOUT and ECANCELED are not ours") {
    CHECK(kernel_error(ETIMEDOUT) != error::timed_out);
    CHECK(kernel_error(ECANCELED) != error::canceled);
    CHECK(kernel_error(ECANCELED) != error::stopped);
    CHECK(kernel_error(EMSGSIZE) != error::limit_exceeded);
}

TEST_CASE("each error has a message of its own") {
    std::set<std::string> messages;
    for (const auto one : every_error) messages.insert(make_error_code(one).message());

    CHECK(messages.size() == every_error.size());
    CHECK(messages.contains("timed out"));
    CHECK(std::string(lariat::error_category().name()) == "lariat");
}

TEST_CASE("a number without an error has a message that says so") {
    const std::error_code strange(99, lariat::error_category());

    CHECK(strange.message() == "unknown error 99");
}
