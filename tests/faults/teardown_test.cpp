#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/file.hpp"
#include "aio/op/poll.hpp"
#include "aio/op/socket.hpp"
#include "aio/op/timeout.hpp"
#include "runtime/event.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/yield.hpp"
#include "tests/faults/detached.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t file_size = 16 << 20;

struct aligned_memory {
    explicit aligned_memory(std::size_t bytes)
        : data(static_cast<char*>(std::aligned_alloc(4096, bytes))), size(bytes) {}
    ~aligned_memory() { std::free(data); }
    aligned_memory(const aligned_memory&) = delete;
    aligned_memory& operator=(const aligned_memory&) = delete;

    void poison() { std::fill_n(data, size, 'p'); }
    bool poisoned() const {
        return std::all_of(data, data + size, [](char byte) { return byte == 'p'; });
    }

    char* data;
    std::size_t size;
};

io::descriptor large_file() {
    char path[] = "./lariat-teardown-XXXXXX";
    io::descriptor made = io::descriptor::adopt(::mkstemp(path));
    const std::vector<char> content(file_size, 'x');
    REQUIRE(::write(made.number(), content.data(), file_size) == ssize_t{file_size});
    ::fsync(made.number());
    const int direct = ::open(path, O_RDONLY | O_DIRECT);
    ::unlink(path);
    if (direct >= 0) return io::descriptor::adopt(direct);
    MESSAGE("skipped: this file system has no O_DIRECT; read through the page cache");
    return made;
}

template <class Call>
detached wait_for(Call call) {
    std::ignore = co_await call;
}

detached sleep_long() { std::ignore = co_await io::sleep_for(1h); }

}  // namespace

TEST_CASE("a scheduler that is destroyed returns after the last answer of all it had in flight") {
    const io::descriptor file = large_file();
    aligned_memory direct(file_size);
    const two_ends sockets = make_socket_pair();
    const io::descriptor door = listening();
    std::vector<std::array<char, 512>> buffers(100);
    std::vector<detached> frames;
    {
        io::scheduler loop;
        const auto body = [&]() -> io::task<> {
            frames.push_back(wait_for(io::read{
                .file = file, .buffer = io::buffer_view(direct.data, direct.size), .offset = 0}));
            for (std::size_t i = 0; i < 33; ++i) {
                frames.push_back(
                    wait_for(io::receive{.socket = sockets.first, .buffer = buffers[i]}));
                frames.push_back(wait_for(io::poll{.file = sockets.second}));
            }
            for (int i = 0; i < 11; ++i) {
                frames.push_back(wait_for(io::accept{.socket = door}));
                frames.push_back(wait_for(io::timeout{.span = 1h}));
                frames.push_back(sleep_long());
            }
            co_await io::yield();
        };
        loop.run(body());
        REQUIRE(frames.size() == 100);
    }
    direct.poison();
    for (auto& buffer : buffers) buffer.fill('p');
    REQUIRE(::write(sockets.second.number(), "late", 4) == 4);

    std::this_thread::sleep_for(300ms);

    CHECK(direct.poisoned());
    for (const auto& buffer : buffers)
        CHECK(std::all_of(buffer.begin(), buffer.end(), [](char byte) { return byte == 'p'; }));
    for (const detached& each : frames) each.frame.destroy();
}

TEST_CASE("the port of a listener that was accepting can be bound again at once") {
    const io::address where = address_of_socket(listening());

    for (int round = 0; round < 200; ++round) {
        io::scheduler loop;
        std::vector<detached> frames;
        io::descriptor door = listening(where);
        const auto body = [&]() -> io::task<> {
            for (int i = 0; i < 4; ++i) frames.push_back(wait_for(io::accept{.socket = door}));
            (void)co_await io::sleep_for(100us);
        };
        loop.run(body());
        for (const detached& each : frames) each.frame.destroy();
    }
}

TEST_CASE("stop resumes thousands of waiters, each with `stopped`") {
    const two_ends sockets = make_socket_pair();
    io::event never_set;
    int stopped = 0;
    std::array<char, 8> buffer{};
    const auto count = [&](std::error_code why) {
        if (why == io::error::stopped) ++stopped;
    };
    const auto receives = [&]() -> io::task<> {
        count((co_await io::receive{.socket = sockets.first, .buffer = buffer}).error());
    };
    const auto sleeps = [&]() -> io::task<> { count((co_await io::sleep_for(1h)).error()); };
    const auto waits = [&]() -> io::task<> { count((co_await never_set.wait()).error()); };
    io::scheduler loop;
    const auto body = [&]() -> io::task<> {
        io::task_scope scope;
        for (int i = 0; i < 1000; ++i) {
            scope.spawn(receives());
            scope.spawn(sleeps());
            scope.spawn(waits());
        }
        co_await scope.join();
    };
    std::thread stopper([&] {
        std::this_thread::sleep_for(20ms);
        loop.stop();
    });

    loop.run(body());

    CHECK(stopped == 3000);
    stopper.join();
}
