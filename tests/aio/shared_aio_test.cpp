#include "aio/shared_aio.hpp"

#include <chrono>
#include <ostream>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

using operation = basic_fake_operation<io::shared_aio>;

const auto canceled = make_error_code(io::error::canceled);
const auto stopped = make_error_code(io::error::stopped);

io::task<io::result<std::size_t>> waits(operation& one) { co_return co_await one; }

}  // namespace

TEST_CASE("an abort from elsewhere asks when its message arrives, with its reason") {
    manual_home at;
    other_thread elsewhere;
    fake_provider provider(at, fake_kind::accepts_at_once);
    operation one(provider);
    running all(at, waits(one));
    at.run_until_idle();

    elsewhere.run([&, key = one.key()] { one.abort(key, io::error::stopped); });
    const bool asked_early = !provider.asked().empty();
    at.run_until_idle();

    CHECK(!asked_early);
    CHECK(all.take().error() == stopped);
}

TEST_CASE("an abort that arrives after its operation ended does not reach the next one") {
    manual_home at;
    other_thread elsewhere;
    fake_provider provider(at, fake_kind::accepts_at_once);
    operation one(provider);
    running first(at, waits(one));
    at.run_until_idle();
    const auto key = one.key();
    provider.succeed();
    at.run_until_idle();
    running second(at, waits(one));
    at.run_until_idle();

    elsewhere.run([&] { one.abort(key); });
    at.run_until_idle();
    const bool second_was_asked = !provider.asked().empty();
    provider.succeed(2);
    at.run_until_idle();

    CHECK(!second_was_asked);
    CHECK(*first.take() == 1);
    CHECK(*second.take() == 2);
}

TEST_CASE("an abort that is on its way when the operation finishes rewrites nothing") {
    manual_home at;
    other_thread elsewhere;
    fake_provider provider(at, fake_kind::accepts_at_once);
    operation one(provider);
    running all(at, waits(one));
    at.run_until_idle();

    elsewhere.run([&, key = one.key()] { one.abort(key); });
    provider.succeed(5);
    at.run_until_idle();

    CHECK(provider.asked().empty());
    CHECK(*all.take() == 5);
}

TEST_CASE("several aborts that are on their way together ask once") {
    manual_home at;
    other_thread elsewhere;
    fake_provider provider(at, fake_kind::accepts_later);
    operation one(provider);
    running all(at, waits(one));
    at.run_until_idle();

    elsewhere.run([&, key = one.key()] {
        for (int count = 0; count < 3; ++count) one.abort(key);
    });
    at.run_until_idle();
    provider.give_up();
    at.run_until_idle();

    CHECK(provider.asked() == std::vector{canceled});
    CHECK(all.take().error() == canceled);
}

TEST_CASE("an operation may be destroyed while an abort is on its way to it") {
    manual_home at;
    other_thread elsewhere;
    fake_provider provider(at, fake_kind::accepts_later);
    {
        operation one(provider);
        running all(at, waits(one));
        at.run_until_idle();
        elsewhere.run([&, key = one.key()] { one.abort(key); });
    }

    CHECK(provider.pending() == 0);
    CHECK(at.idle());
}
