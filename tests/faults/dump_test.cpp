#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <iostream>
#include <ostream>
#include <sstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "aio/awaitable.hpp"
#include "aio/op/socket.hpp"
#include "runtime/event.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/faults/detached.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// A provider that declines to be cancelled until it was asked and then told to end.
class stubborn final : public io::aio_awaitable<void> {
  public:
    void end() noexcept {
        if (in_progress()) finish({});
    }

  private:
    void start() noexcept override { std::ignore = defer(&decline, this); }
    void value() noexcept override {}
    static void decline(io::aio&, void*, std::error_code) noexcept {}
    void describe(io::wait_report& report) const override {
        io::aio::describe(report);
        report.name = "stubborn";
        report.provider = "the test";
    }
};

io::task<> receive_forever(int socket) {
    std::array<char, 8> buffer{};
    std::ignore = co_await io::within(1h, io::receive{.socket = socket, .buffer = buffer});
}

io::task<> above(int socket) {
    std::ignore = co_await io::when_all(receive_forever(socket), io::sleep_for(1h));
}

detached waits_outside(stubborn& operation) { std::ignore = co_await operation; }

}  // namespace

TEST_CASE("a dump names what waits: operation, descriptor, age, deadline, provider and tasks") {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    const auto near = io::descriptor::adopt(ends[0]);
    const auto far = io::descriptor::adopt(ends[1]);
    io::scheduler loop;
    io::event never_set;
    stubborn operation;
    std::ostringstream text;
    const auto waits = [&]() -> io::task<> { std::ignore = co_await never_set.wait(); };
    const auto body = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(above(near.number()));
        scope.spawn(waits());
        const detached outside = waits_outside(operation);
        (void)co_await io::sleep_for(2ms);
        loop.dump(text);
        operation.end();
        scope.cancel();
        co_await scope.join();
        outside.frame.destroy();
    };

    loop.run(body());

    const std::string said = text.str();
    INFO(said);
    CHECK(said.find("receive descriptor=" + std::to_string(ends[0])) != std::string::npos);
    CHECK(said.find("age=") != std::string::npos);
    CHECK(said.find("deadline_in=359") != std::string::npos);
    CHECK(said.find("provider=kernel") != std::string::npos);
    CHECK(said.find("when_all") != std::string::npos);
    CHECK(said.find("sleep") != std::string::npos);
    CHECK(said.find("event") != std::string::npos);
    CHECK(said.find("stubborn") != std::string::npos);
    CHECK(said.find("provider=the test") != std::string::npos);
    CHECK(said.find("in receive_forever (dump_test.cpp:") != std::string::npos);
    CHECK(said.find("in above (dump_test.cpp:") != std::string::npos);
}

TEST_CASE("an ending that waits for a provider says after its patience for whom it waits") {
    std::ostringstream said;
    std::streambuf* const before = std::cerr.rdbuf(said.rdbuf());
    stubborn operation;
    detached outside{};
    std::thread later;
    {
        io::scheduler_options options;
        options.patience = 20ms;
        io::scheduler loop(options);
        const auto body = [&]() -> io::task<> {
            outside = waits_outside(operation);
            co_await io::yield();
        };
        loop.run(body());
        later = std::thread([&] {
            std::this_thread::sleep_for(100ms);
            operation.finish({});
        });
    }

    later.join();
    std::cerr.rdbuf(before);
    outside.frame.destroy();

    INFO(said.str());
    CHECK(said.str().find("still waiting") != std::string::npos);
    CHECK(said.str().find("stubborn") != std::string::npos);
}
