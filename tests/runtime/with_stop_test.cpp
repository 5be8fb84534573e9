#include "runtime/with_stop.hpp"

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"
#include "runtime/sleep.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

const auto canceled = make_error_code(io::error::canceled);
const auto stopped = make_error_code(io::error::stopped);

using outcome = io::result<std::size_t>;

io::task<outcome> stoppable(std::stop_token token, fake_operation& operation) {
    co_return co_await io::with_stop(token, operation);
}

}  // namespace

TEST_CASE("a stop that is requested elsewhere cancels what is awaited, once its message arrives") {
    manual_home at;
    other_thread elsewhere;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    std::stop_source source;
    running all(at, stoppable(source.get_token(), operation));
    at.run_until_idle();

    elsewhere.run([&] { source.request_stop(); });
    const bool before_it_arrived = provider.asked().empty();
    at.run_until_idle();

    CHECK(before_it_arrived);
    CHECK(provider.asked() == std::vector{canceled});
    CHECK(all.take().error() == canceled);
}

TEST_CASE("a stop requested at home, before or during the wait, cancels too") {
    for (const bool before : {false, true}) {
        manual_home at;
        fake_provider provider(at, fake_kind::accepts_at_once);
        fake_operation operation(provider);
        std::stop_source source;
        if (before) source.request_stop();

        running all(at, stoppable(source.get_token(), operation));
        at.run_until_idle();
        source.request_stop();
        at.run_until_idle();

        CHECK(all.take().error() == canceled);
    }
}

TEST_CASE("a value that came before the message is a value, and the message is taken back") {
    manual_home at;
    other_thread elsewhere;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    std::stop_source source;
    running all(at, stoppable(source.get_token(), operation));
    at.run_until_idle();

    provider.succeed(5);
    elsewhere.run([&] { source.request_stop(); });
    at.run_until_idle();

    CHECK(*all.take() == 5);
    CHECK(at.idle());
}

TEST_CASE("a stop after the wait, and one that never comes, harm nothing") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider), other(provider);
    std::stop_source source;
    running all(at, stoppable(source.get_token(), operation));
    running without(at, stoppable(std::stop_token(), other));
    at.run_turn();
    without.cancel();

    provider.succeed(5);
    at.run_until_idle();
    source.request_stop();
    at.run_until_idle();

    CHECK(*all.take() == 5);
}

TEST_CASE("other reasons pass through, and an exception as well") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    std::stop_source source;
    auto throws = []() -> io::task<int> {
        co_await io::yield();
        throw std::runtime_error("thrown");
    };
    auto body = [&]() -> io::task<int> {
        co_return co_await io::with_stop(source.get_token(), throws());
    };

    running all(at, stoppable(source.get_token(), operation));
    running thrown(at, body());
    at.run_until_idle();
    all.cancel(stopped);
    at.run_until_idle();

    CHECK(all.take().error() == stopped);
    CHECK_THROWS_WITH((void)thrown.take(), "thrown");
}

TEST_CASE("a suspended wait may be destroyed while the message is on its way") {
    manual_home at;
    other_thread elsewhere;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation operation(provider);
    std::stop_source source;
    {
        running all(at, stoppable(source.get_token(), operation));
        at.run_until_idle();
        elsewhere.run([&] { source.request_stop(); });
    }

    CHECK(provider.pending() == 0);
    CHECK(at.idle());
}
