#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
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
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/file.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/socket.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_any.hpp"
#include "runtime/yield.hpp"
#include "tests/dies_with.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

struct pair_of_sockets {
    pair_of_sockets() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        near = io::descriptor::adopt(ends[0]);
        far = io::descriptor::adopt(ends[1]);
    }

    void send_from_far(const char* text) const {
        REQUIRE(::write(far.number(), text, std::char_traits<char>::length(text)) > 0);
    }

    std::size_t left_at_near() const {
        char rest[64];
        const ssize_t got = ::recv(near.number(), rest, sizeof rest, MSG_DONTWAIT);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }

    io::descriptor near;
    io::descriptor far;
};

/// Memory that shows whether somebody wrote to it.
template <std::size_t Size>
struct canary {
    canary() { bytes.fill('c'); }
    bool alive() const {
        return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 'c'; });
    }
    std::array<char, Size> bytes;
};

io::task<> receive_into(const pair_of_sockets& sockets, io::buffer_view buffer) {
    std::ignore = co_await io::receive{.socket = sockets.near, .buffer = buffer};
}

io::task<> race_into(const pair_of_sockets& one, const pair_of_sockets& other,
                     io::buffer_view first, io::buffer_view second) {
    std::ignore = co_await io::when_any(receive_into(one, first), receive_into(other, second));
}

/// A multishot poll that counts its answers into memory that may have been given back.
class poll_many final : public io::aio, public io::completion, public io::awaiting<poll_many> {
  public:
    poll_many(int descriptor, char* counter) : descriptor_(descriptor), counter_(counter) {}
    ~poll_many() { retire(); }

    bool launch() noexcept {
        begin_on_strand();
        if (defer(&give_up, this)) {
            io_uring_sqe* entry = io::here.kernel->entry(*this);
            prepare(*entry);
        }
        return end_launch();
    }
    void await_resume() const noexcept {}

  private:
    void prepare(io_uring_sqe& entry) const noexcept override {
        io_uring_prep_poll_multishot(&entry, descriptor_, POLLIN);
    }
    void complete(io::completion_event event) noexcept override {
        if (event.result > 0) ++*counter_;
        if (!event.more()) {
            finish(aborted() ? reason() : std::error_code(), 0);
        } else if (aborted()) {
            at().kernel()->cancel(*this);
        }
    }
    static void give_up(io::aio& operation, void* self, std::error_code) noexcept {
        operation.at().kernel()->cancel(*static_cast<poll_many*>(self));
    }

    int descriptor_;
    char* counter_;
};

struct poll_many_description {
    int descriptor;
    char* counter;
    poll_many operator co_await() const noexcept { return {descriptor, counter}; }
};

io::task<> poll_into(int descriptor, char* counter) {
    co_await poll_many_description{descriptor, counter};
}

}  // namespace

TEST_CASE("the buffer of a destroyed receive is not written, and the bytes stay in the socket") {
    const pair_of_sockets sockets;
    canary<64> buffer;
    const auto body = [&]() -> io::task<> {
        {
            io::task_scope scope;
            scope.spawn(receive_into(sockets, buffer.bytes));
            co_await io::yield();
            (void)co_await io::sleep_for(1ms);
        }
        sockets.send_from_far("late");
        (void)co_await io::sleep_for(5ms);
    };

    io::run(body());

    CHECK(buffer.alive());
    CHECK(sockets.left_at_near() == 4);
}

TEST_CASE("destroying a whole tree inside when_any lets go of every buffer in it") {
    const pair_of_sockets one;
    const pair_of_sockets other;
    canary<64> first;
    canary<64> second;
    const auto body = [&]() -> io::task<> {
        {
            io::task_scope scope;
            scope.spawn(race_into(one, other, first.bytes, second.bytes));
            (void)co_await io::sleep_for(1ms);
        }
        one.send_from_far("one");
        other.send_from_far("other");
        (void)co_await io::sleep_for(5ms);
    };

    io::run(body());

    CHECK(first.alive());
    CHECK(second.alive());
    CHECK(one.left_at_near() == 3);
    CHECK(other.left_at_near() == 5);
}

TEST_CASE("a read of the disk that a destroyed task began has ended when the destructor returns") {
    char path[] = "./lariat-direct-XXXXXX";
    const io::descriptor made = io::descriptor::adopt(::mkstemp(path));
    const std::size_t size = 4 << 20;
    {
        const std::vector<char> content(size, 'x');
        REQUIRE(::write(made.number(), content.data(), size) == static_cast<ssize_t>(size));
        ::fsync(made.number());
    }
    int number = ::open(path, O_RDONLY | O_DIRECT);
    if (number < 0) {
        MESSAGE("skipped: this file system has no O_DIRECT; read through the page cache");
        number = ::open(path, O_RDONLY);
    }
    const io::descriptor file = io::descriptor::adopt(number);
    ::unlink(path);
    std::unique_ptr<char, decltype(&std::free)> memory(
        static_cast<char*>(std::aligned_alloc(4096, size)), &std::free);
    const auto read_all = [](const io::descriptor& from, char* into,
                             std::size_t count) -> io::task<> {
        std::ignore =
            co_await io::read{.file = from, .buffer = io::buffer_view(into, count), .offset = 0};
    };
    const auto body = [&]() -> io::task<> {
        for (int round = 0; round < 20; ++round) {
            {
                io::task_scope scope;
                scope.spawn(read_all(file, memory.get(), size));
                for (int turn = 0; turn <= round % 4; ++turn) co_await io::yield();
            }
            std::fill_n(memory.get(), size, 'p');
            (void)co_await io::sleep_for(10ms);
            const auto written =
                std::count_if(memory.get(), memory.get() + size, [](char c) { return c != 'p'; });
            CHECK(written == 0);
        }
    };

    io::run(body());
}

TEST_CASE("a multishot poll that a destroyed task began answers no more") {
    const pair_of_sockets sockets;
    char counter = 0;
    char before = 0;
    const auto body = [&]() -> io::task<> {
        {
            io::task_scope scope;
            scope.spawn(poll_into(sockets.near.number(), &counter));
            (void)co_await io::sleep_for(1ms);
            sockets.send_from_far("a");
            (void)co_await io::sleep_for(1ms);
            sockets.send_from_far("b");
        }
        before = counter;
        sockets.send_from_far("c");
        (void)co_await io::sleep_for(5ms);
    };

    io::run(body());

    CHECK(before >= 1);
    CHECK(counter == before);
}

TEST_CASE("a task whose operation has finished but which was not resumed can be destroyed") {
    const pair_of_sockets first;
    const pair_of_sockets second;
    std::array<char, 8> one{};
    std::array<char, 8> two{};
    bool resumed = false;
    auto doomed = std::make_unique<io::task_scope>();
    const auto destroys = [&]() -> io::task<> {
        std::ignore = co_await io::receive{.socket = first.near, .buffer = one};
        doomed.reset();
    };
    const auto waits = [&]() -> io::task<> {
        std::ignore = co_await io::receive{.socket = second.near, .buffer = two};
        resumed = true;
    };
    const auto body = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(destroys());
        doomed->spawn(waits());
        (void)co_await io::sleep_for(1ms);
        // Both answers come with one look at the kernel; whoever is resumed first destroys the
        // other, which is ready.
        first.send_from_far("1");
        second.send_from_far("2");
        co_await scope.join();
    };

    io::run(body());

    CHECK_FALSE(resumed);
    CHECK(two[0] == '2');
}

TEST_CASE("a frame that holds five operations lets go of five buffers") {
    const std::array<pair_of_sockets, 5> sockets;
    std::array<canary<32>, 5> buffers;
    const auto holds_five = [&]() -> io::task<> {
        std::ignore = co_await io::when_any(
            io::receive{.socket = sockets[0].near, .buffer = buffers[0].bytes},
            io::receive{.socket = sockets[1].near, .buffer = buffers[1].bytes},
            io::receive{.socket = sockets[2].near, .buffer = buffers[2].bytes},
            io::receive{.socket = sockets[3].near, .buffer = buffers[3].bytes},
            io::receive{.socket = sockets[4].near, .buffer = buffers[4].bytes});
    };
    const auto body = [&]() -> io::task<> {
        {
            io::task_scope scope;
            scope.spawn(holds_five());
            (void)co_await io::sleep_for(1ms);
        }
        for (const pair_of_sockets& each : sockets) each.send_from_far("late");
        (void)co_await io::sleep_for(5ms);
    };

    io::run(body());

    for (const auto& buffer : buffers) CHECK(buffer.alive());
    for (const auto& each : sockets) CHECK(each.left_at_near() == 4);
}

TEST_CASE("an accepted descriptor that lies unconsumed in a destroyed task is closed") {
    const io::descriptor door = io::descriptor::adopt(::socket(AF_UNIX, SOCK_STREAM, 0));
    const io::descriptor peer = io::descriptor::adopt(::socket(AF_UNIX, SOCK_STREAM, 0));
    const io::address name =
        io::address::parse("unix:@lariat-unconsumed-" + std::to_string(::getpid())).value();
    REQUIRE(::bind(door.number(), name.data(), name.size()) == 0);
    REQUIRE(::listen(door.number(), 8) == 0);
    const pair_of_sockets first;
    std::array<char, 8> one{};
    bool resumed = false;
    std::size_t before = 0;
    std::size_t afterwards = 0;
    auto doomed = std::make_unique<io::task_scope>();
    const auto destroys = [&]() -> io::task<> {
        std::ignore = co_await io::receive{.socket = first.near, .buffer = one};
        doomed.reset();
    };
    const auto accepts = [&]() -> io::task<> {
        std::ignore = co_await io::accept{.socket = door};
        resumed = true;
    };
    const auto body = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(destroys());
        doomed->spawn(accepts());
        (void)co_await io::sleep_for(1ms);
        before = open_descriptors();
        first.send_from_far("1");
        REQUIRE(::connect(peer.number(), name.data(), name.size()) == 0);
        co_await scope.join();
        afterwards = open_descriptors();
    };

    io::run(body());

    CHECK_FALSE(resumed);
    CHECK(afterwards == before);
}

TEST_CASE("destroying what waits from inside a completion is a mistake that is named") {
    const bool named = dies_with("destroyed inside", [] {
        struct careless final : io::runnable {
            explicit careless(std::unique_ptr<io::task_scope>& what) : doomed(what) {}
            void run() noexcept override {}
            void arrive() noexcept override { doomed.reset(); }
            std::unique_ptr<io::task_scope>& doomed;
        };
        const pair_of_sockets sockets;
        std::array<char, 8> buffer{};
        auto doomed = std::make_unique<io::task_scope>();
        careless message(doomed);
        io::scheduler loop;
        const auto body = [&]() -> io::task<> {
            doomed->spawn(receive_into(sockets, buffer));
            (void)co_await io::sleep_for(1ms);
            loop.post(message);
            (void)co_await io::sleep_for(1ms);
        };
        loop.run(body());
    });

    CHECK(named);
}

TEST_CASE("a scope that is made between two turns is no part of a task that has ended") {
    io::testing::manual_home at;
    const auto nothing = []() -> io::task<> { co_return; };
    std::optional<io::testing::running<>> ended(std::in_place, at, nothing());
    at.run_until_idle();
    ended.reset();

    io::task_scope scope;
    scope.spawn(nothing);
    at.run_until_idle();

    CHECK(scope.size() == 0);
    CHECK(io::here.line == nullptr);
}
