#include <ostream>

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/echo/board.hpp"
#include "bench/echo/child.hpp"
#include "bench/echo/load.hpp"
#include "bench/echo/request.hpp"
#include "bench/echo/socket.hpp"
#include "bench/harness.hpp"
#include "bench/rivals/program.hpp"

using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

constexpr std::uint64_t second = 1'000'000'000;

/// `lariat-bench`, as it was built beside this test.
bench::child program(const words& arguments) { return {LARIAT_BENCH, arguments, -1}; }

/// For longer and longer, until a machine that is busy with other things has answered something.
bench::load_result load_figures(const std::string& workload, const std::string& address,
                                const words& more) {
    for (double seconds = 0.05;; seconds *= 4) {
        words all{"load",      workload, "--connect", address, "--seconds", std::to_string(seconds),
                  "--figures", "1"};
        all.insert(all.end(), more.begin(), more.end());
        bench::child load = program(all);
        const auto got = bench::read_figures(load.line(60s));
        if (got.messages > 0 || seconds > 10) return got;
    }
}

void check_order(const bench::load_result& got) {
    CHECK(got.messages > 0);
    CHECK(got.nanoseconds > 0);
    CHECK(got.p50 > 0);
    CHECK(got.p50 <= got.p99);
    CHECK(got.p99 <= got.p99_9);
    CHECK(got.p99_9 <= got.max);
}

/// Echoes on the next connection until it ends. Returns: how much that was.
std::size_t bytes_echoed(int door) {
    const int peer = accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
    std::size_t bytes = 0;
    char buffer[64];
    for (;;) {
        const ssize_t count = recv(peer, buffer, sizeof buffer, 0);
        if (count <= 0) break;
        bytes += static_cast<std::size_t>(count);
        if (send(peer, buffer, static_cast<std::size_t>(count), MSG_NOSIGNAL) != count) break;
    }
    close(peer);
    return bytes;
}

/// Says everything twice.
class twofold final : public bench::wire {
  public:
    explicit twofold(std::vector<std::size_t>& sealed) : sealed_(sealed) {}

    std::span<const char> seal(std::span<const char> messages) override {
        sealed_.push_back(messages.size());
        said_.assign(messages.begin(), messages.end());
        said_.insert(said_.end(), messages.begin(), messages.end());
        return said_;
    }

    std::size_t open(std::span<const char> received) override {
        const std::size_t before = received_ / 2;
        received_ += received.size();
        return received_ / 2 - before;
    }

  private:
    std::vector<std::size_t>& sealed_;
    std::vector<char> said_;
    std::size_t received_ = 0;
};

/// Takes connections into its backlog and never answers.
class silent_door {
  public:
    silent_door() : door_(bench::listen_on_loopback()) {}
    ~silent_door() { close(door_.socket); }
    silent_door(const silent_door&) = delete;
    silent_door& operator=(const silent_door&) = delete;

    const lariat::address& address() const { return door_.address; }

  private:
    bench::listening door_;
};

}  // namespace

TEST_CASE("each server answers a load of another process, over TCP and a unix socket") {
    for (const char* subject :
         {"raw", "lariat", "poll_first", "direct", "lariat_direct", "epoll"}) {
        CAPTURE(subject);
        for (const auto& [workload, address] :
             {std::pair<std::string, std::string>{"echo.tcp", "127.0.0.1:0"},
              {"echo.unix", "unix:@lariat-bench-test-" + std::to_string(getpid())}}) {
            bench::child server =
                program({"serve", workload, "--listen", address, "--subject", subject});
            const std::string where = server.line(60s);

            const auto got = load_figures(workload, where, {"--connections", "3", "--depth", "4"});

            check_order(got);
        }
    }
}

TEST_CASE("rivals that were built answer it, too") {
    std::string missing;
    for (const auto& [subject, name] : {std::pair{"asio", "lariat-bench-asio"},
                                        {"asio_uring", "lariat-bench-asio-uring"},
                                        {"libuv", "lariat-bench-libuv"}}) {
        CAPTURE(subject);
        try {
            // This test stands where they would.
            (void)bench::rival_program(name, "");
        } catch (const bench::unavailable&) {
            missing += std::string(" ") + name;
            continue;
        }
        bench::child server =
            program({"serve", "echo.tcp", "--listen", "127.0.0.1:0", "--subject", subject});

        const auto got = load_figures("echo.tcp", server.line(60s), {"--connections", "3"});

        check_order(got);
    }
    if (!missing.empty()) MESSAGE("skipped: not built:" << missing);
}

TEST_CASE("a rival that was not built names the package that it wants") {
    try {
        (void)bench::rival_program("lariat-bench-nothing", "libnothing-dev");
        FAIL("it was found");
    } catch (const bench::unavailable& why) {
        CHECK(std::string(why.what()) ==
              "lariat-bench-nothing was not built (Debian: libnothing-dev)");
    }
}

TEST_CASE("a load with a rate measures what is answered") {
    bench::child server = program({"serve", "echo.tcp", "--listen", "127.0.0.1:0"});
    const std::string where = server.line(60s);

    const auto got = load_figures("echo.tcp", where, {"--rate", "2000"});

    check_order(got);
}

TEST_CASE("a load with a rate sends no more than is due") {
    const auto door = bench::listen_on_loopback();
    std::size_t bytes = 0;
    std::thread server([&] { bytes = bytes_echoed(door.socket); });
    // The first is due at once, and the second days later.
    const bench::load_plan plan{.where = door.address,
                                .size = 10,
                                .depth = 64,
                                .rate = 1e-6,
                                .warmup = 5ms,
                                .measured = 5ms};

    bench::run_load(plan, bench::board_of(bench::make_board()));
    server.join();
    close(door.socket);

    CHECK(bytes == 10);
}

TEST_CASE("a load ends with an error when a million messages wait") {
    const silent_door door;
    const bench::load_plan plan{.where = door.address(), .depth = 64, .rate = 1e7, .measured = 1h};

    CHECK_THROWS_AS(bench::run_load(plan, bench::board_of(bench::make_board())),
                    std::runtime_error);
}

TEST_CASE("a new connection after so many messages brings as many as were asked for") {
    const auto door = bench::listen_on_loopback();
    std::vector<std::size_t> bytes;
    std::thread server([&] {
        // The one after these is refused: the load ends with that.
        while (bytes.size() < 5) bytes.push_back(bytes_echoed(door.socket));
        close(door.socket);
    });
    const bench::load_plan plan{
        .where = door.address, .size = 10, .per_connection = 3, .warmup = 0ms, .measured = 60s};

    CHECK_THROWS(bench::run_load(plan, bench::board_of(bench::make_board())));
    server.join();

    CHECK(bytes == std::vector<std::size_t>(5, 30));
}

TEST_CASE("a load that speaks more than messages counts those that come with it") {
    const auto door = bench::listen_on_loopback();
    std::size_t bytes = 0;
    std::vector<std::size_t> sealed;
    bench::load_plan plan{
        .where = door.address, .size = 10, .warmup = 0ms, .measured = 20ms, .speak = [&](int) {
            return std::make_unique<twofold>(sealed);
        }};

    // For longer and longer, until a machine that is busy with other things has answered something.
    bench::load_result got;
    for (; got.messages == 0 && plan.measured < 10s; plan.measured *= 4) {
        sealed.clear();
        std::thread server([&] { bytes = bytes_echoed(door.socket); });
        got = bench::run_load(plan, bench::board_of(bench::make_board()));
        server.join();
    }
    close(door.socket);

    CHECK(got.messages > 0);
    // One is on its way at the end, or not even that; and some were answered before the time.
    CHECK(sealed.size() > got.messages);
    CHECK(std::all_of(sealed.begin(), sealed.end(), [](std::size_t size) { return size == 10; }));
    CHECK((bytes == 20 * sealed.size() || bytes == 20 * (sealed.size() - 1)));
}

TEST_CASE("a load says what it measured in lines for people") {
    bench::child server = program({"serve", "echo.tcp", "--listen", "127.0.0.1:0"});
    bench::child load =
        program({"load", "echo.tcp", "--connect", server.line(60s), "--seconds", "0.05"});

    const std::string text = load.output(60s);

    CHECK(text.find("throughput") != std::string::npos);
    for (const char* name : {"p50 ", "p99 ", "p99.9 ", "max "})
        CHECK(text.find(name) != std::string::npos);
}

TEST_CASE("a load tells what its server has spent, in the program and in the kernel") {
    bench::child server = program({"serve", "echo.tcp", "--listen", "127.0.0.1:0"});
    const std::string where = server.line(60s);

    // Until the kernel's ticks have told something of a server that seldom runs.
    bench::load_result got;
    for (double seconds = 0.1; got.server_parts.total() == 0 && seconds < 100; seconds *= 2) {
        bench::child load =
            program({"load", "echo.tcp", "--connect", where, "--seconds", std::to_string(seconds),
                     "--depth", "16", "--server", std::to_string(server.id()), "--figures", "1"});
        got = bench::read_figures(load.line(300s));
    }

    CHECK(got.server_cpu > 0);
    CHECK(got.server_parts.total() > 0);
}

TEST_CASE("a server that is none, or whose words are wrong, ends without serving") {
    for (const auto& wrong :
         {words{"serve", "echo.tcp"},
          words{"serve", "echo.tcp", "--listen", "127.0.0.1:0", "--subject", "nobody"},
          words{"load", "echo.tcp", "--connect", "nowhere"}}) {
        bench::child ends = program(wrong);

        CHECK(ends.output(60s).empty());
    }
}

TEST_CASE("what was due and is never answered counts from when it was due") {
    const silent_door door;
    const bench::load_plan plan{.where = door.address(),
                                .connections = 2,
                                .depth = 4,
                                .rate = 1000,
                                .warmup = 10ms,
                                .measured = 50ms};

    const auto got = bench::run_load(plan, bench::board_of(bench::make_board()));

    CHECK(got.messages == 0);
    CHECK(got.p50 >= second);
    CHECK(got.max >= got.p50);
}
