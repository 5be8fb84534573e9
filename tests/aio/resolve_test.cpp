#include "aio/resolve.hpp"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/aio/fake_names.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/stack_size.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

using addresses = std::vector<io::address>;
using answer_task = running<io::result<addresses>>;

/// A source, and a pool whose threads have ended before the source goes.
struct names {
    explicit names(std::size_t threads = 4) : pool({.most = threads}) {}

    io::task<io::result<addresses>> find(io::resolve_options options = {}) {
        options.pool = &pool;
        options.source = &source;
        return io::resolve("host.example", "http", options);
    }

    fake_names source;
    io::thread_pool pool;
};

io::result<addresses> outcome_of(manual_home& at, io::task<io::result<addresses>> asked) {
    answer_task task(at, std::move(asked));
    REQUIRE(at.run_until([&] { return task.done(); }));
    return task.take();
}

/// Waits for another thread, which needs nothing of this one.
template <class Done>
void spin_until(Done done) {
    while (!done()) std::this_thread::yield();
}

io::task<io::result<addresses>> within_2s(io::task<io::result<addresses>> asked) {
    co_return co_await io::within(2s, std::move(asked));
}

io::address numbered(int number) {
    return io::address::v4({192, 0, 2, static_cast<std::uint8_t>(number)}, 80);
}

}  // namespace

TEST_CASE("resolve: it yields the addresses in their order, each once, up to the limit") {
    manual_home at;
    names all;
    for (int i = 0; i < 200; ++i) all.source.answer.push_back(numbered(i % 100));
    all.source.answer.front() = io::address::loopback_v6(80);

    const auto some = outcome_of(at, all.find());
    const auto few = outcome_of(at, all.find({.most = 2}));

    REQUIRE(some->size() == 64);
    CHECK(some->front() == io::address::loopback_v6(80));
    CHECK((*some)[1] == numbered(1));
    CHECK(some->back() == numbered(63));
    CHECK(few->size() == 2);
    CHECK(all.source.asked() == 2);
    CHECK(all.source.alive() == 0);
}

TEST_CASE("resolve: the source is asked for what the caller wants") {
    manual_home at;
    names all;
    all.source.answer = {numbered(1)};

    (void)outcome_of(at, all.find());
    const auto plain = all.source.last();
    (void)outcome_of(at, all.find({.family = io::address_family::v6,
                                   .type = io::socket_type::datagram,
                                   .passive = true,
                                   .numeric_host = true,
                                   .numeric_service = true}));
    const auto full = all.source.last();
    (void)outcome_of(at, io::resolve("", "", {.pool = &all.pool, .source = &all.source}));
    const auto none = all.source.last();

    CHECK(plain.host == "host.example");
    CHECK(plain.service == "http");
    CHECK(plain.hints.ai_family == AF_UNSPEC);
    CHECK(plain.hints.ai_socktype == SOCK_STREAM);
    CHECK(plain.hints.ai_flags == 0);
    CHECK(full.hints.ai_family == AF_INET6);
    CHECK(full.hints.ai_socktype == SOCK_DGRAM);
    CHECK(full.hints.ai_flags == (AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV));
    CHECK(none.host == "none");
    CHECK(none.service == "none");
}

TEST_CASE("resolve: an error has its own word, and equals errno's where there is one") {
    manual_home at;
    names all;
    const auto failed = [&](int returned, int number = 0) {
        all.source.returned = returned;
        all.source.number = number;
        return outcome_of(at, all.find()).error();
    };

    const auto again = failed(EAI_AGAIN);
    CHECK(again == io::resolve_error::try_again);
    CHECK(again == std::errc::resource_unavailable_try_again);
    CHECK(again.message() == ::gai_strerror(EAI_AGAIN));
    CHECK(again.category() == io::resolve_category());
    CHECK(failed(EAI_NONAME) == io::resolve_error::unknown_host);
    CHECK(failed(EAI_SERVICE) == io::resolve_error::unknown_service);
    CHECK(failed(EAI_NODATA) == io::resolve_error::no_address);
    CHECK(failed(EAI_FAIL) == io::resolve_error::failed);
    CHECK(failed(EAI_ADDRFAMILY) == std::errc::address_family_not_supported);
    CHECK(failed(EAI_MEMORY) == std::errc::not_enough_memory);
    CHECK(failed(EAI_SYSTEM, EMFILE) == std::errc::too_many_files_open);
    CHECK(failed(EAI_SYSTEM) == std::errc::io_error);
    CHECK(failed(0) == io::resolve_error::no_address);
}

TEST_CASE("resolve: a cancel ends the wait at once, although the look-up goes on") {
    manual_home at;
    names all(1);
    all.source.answer = {numbered(1)};
    all.source.close();
    answer_task asks(at, all.find());
    at.run_until_idle();
    spin_until([&] { return all.source.inside() == 1; });

    asks.cancel();
    at.run_until_idle();

    CHECK(asks.take().error() == io::error::canceled);
    CHECK(all.source.inside() == 1);
    all.source.open();
    const auto next = outcome_of(at, all.find());  // On the same thread, which is free again.
    CHECK(next);
    CHECK(all.pool.threads() == 1);
    CHECK(all.source.alive() == 0);
}

TEST_CASE("resolve: a deadline ends the wait, also while the look-up has a thread") {
    manual_home at;
    names all;
    all.source.close();
    answer_task asks(at, within_2s(all.find()));
    at.run_until_idle();
    spin_until([&] { return all.source.inside() == 1; });

    at.advance(1999ms);
    CHECK_FALSE(asks.done());
    at.advance(1ms);

    CHECK(asks.take().error() == io::error::timed_out);
    all.source.open();
}

TEST_CASE("resolve: what has no thread yet is not asked once nobody waits") {
    manual_home at;
    names all(1);
    all.source.answer = {numbered(1)};
    all.source.close();
    answer_task first(at, all.find());
    at.run_until_idle();
    spin_until([&] { return all.source.inside() == 1; });
    answer_task cancelled(at, all.find());
    auto destroyed = std::make_unique<answer_task>(at, all.find());
    at.run_until_idle();

    cancelled.cancel();
    destroyed.reset();
    at.run_until_idle();
    CHECK(cancelled.take().error() == io::error::canceled);
    all.source.open();

    CHECK(at.run_until([&] { return first.done(); }));
    CHECK(outcome_of(at, all.find()));
    CHECK(all.source.asked() == 2);
}

TEST_CASE("resolve: a task may be destroyed while it is looked up, and so may its home") {
    names all;
    all.source.answer = {numbered(1)};
    all.source.close();
    {
        manual_home at;
        answer_task stopped(at, all.find());
        {
            answer_task destroyed(at, all.find());
            at.run_until_idle();
            spin_until([&] { return all.source.inside() == 2; });
        }
        at.stop();
        at.run_until_idle();
        CHECK(stopped.take().error() == io::error::stopped);
    }

    all.source.open();
    spin_until([&] { return all.source.inside() == 0 && all.source.alive() == 0; });

    CHECK(all.source.asked() == 2);
}

TEST_CASE("resolve: a task that was cancelled before asks nothing, and so does a broken name") {
    manual_home at;
    names all;
    answer_task cancelled(at, all.find());
    cancelled.cancel();
    at.run_until_idle();
    const io::resolve_options options{.pool = &all.pool, .source = &all.source};

    const auto host = outcome_of(at, io::resolve(std::string("a\0b", 3), "http", options));
    const auto service = outcome_of(at, io::resolve("a", std::string("\0", 1), options));

    CHECK(cancelled.take().error() == io::error::canceled);
    CHECK(host.error() == std::errc::invalid_argument);
    CHECK(service.error() == std::errc::invalid_argument);
    CHECK(all.source.asked() == 0);
}

TEST_CASE("resolve: many at once take turns at the threads that there are") {
    manual_home at;
    names all(3);
    all.source.answer = {numbered(1)};
    std::vector<std::unique_ptr<answer_task>> tasks;
    for (int i = 0; i < 50; ++i) tasks.push_back(std::make_unique<answer_task>(at, all.find()));

    for (auto& task : tasks) {
        REQUIRE(at.run_until([&] { return task->done(); }));
        CHECK(task->take());
    }

    CHECK(all.source.asked() == 50);
    CHECK(all.source.most_inside() <= 3);
    CHECK(all.source.alive() == 0);
}

TEST_CASE("resolve: without a thread it fails, and can be tried again") {
    manual_home at;
    names all;
    all.source.answer = {numbered(1)};
    std::optional<io::result<addresses>> refused;
    {
        const stack_size none(stack_size::impossible);
        refused = outcome_of(at, all.find());
    }
    const stack_size usual(std::size_t{1} << 20);

    const auto found = outcome_of(at, all.find());

    CHECK(refused->error() == std::errc::resource_unavailable_try_again);
    CHECK(found);
    CHECK(all.source.asked() == 1);
}

TEST_CASE("resolve: the system knows numbers, this machine, and what no name may be") {
    const auto found = [](std::string host, std::string service, io::resolve_options options = {}) {
        return io::run(io::resolve(std::move(host), std::move(service), options));
    };

    const auto v4 = found("127.0.0.1", "8080");
    const auto v6 = found("::1", "8080");
    const auto local = found("localhost", "80", {.family = io::address_family::v4});
    const auto any = found("", "80", {.family = io::address_family::v4, .passive = true});
    const auto here = found("", "80", {.family = io::address_family::v4});

    CHECK(*v4 == addresses{io::address::loopback(8080)});
    CHECK(*v6 == addresses{io::address::loopback_v6(8080)});
    CHECK(*local == addresses{io::address::loopback(80)});
    CHECK(*any == addresses{io::address::any(80)});
    CHECK(*here == addresses{io::address::loopback(80)});
    CHECK(found("localhost", "80", {.numeric_host = true}).error() ==
          io::resolve_error::unknown_host);
    CHECK(found("127.0.0.1", "http", {.numeric_service = true}).error() ==
          io::resolve_error::unknown_host);
    CHECK(found("::1", "80", {.family = io::address_family::v4}).error() ==
          std::errc::address_family_not_supported);
    CHECK(found("", "").error() == io::resolve_error::unknown_host);
    CHECK(found("no-such-name.invalid", "80").error().category() == io::resolve_category());
}

TEST_CASE("resolve: a service has a name as well") {
    if (!std::filesystem::exists("/etc/services")) {
        MESSAGE("skipped: no /etc/services");
        return;
    }
    const auto http = io::run(io::resolve("127.0.0.1", "http"));
    const auto unknown = io::run(io::resolve("127.0.0.1", "no-such-service"));

    REQUIRE(http);
    CHECK(http->front().port() == 80);
    CHECK(unknown.error() == io::resolve_error::unknown_service);
}
