#include "runtime/ring.hpp"

#include <errno.h>
#include <liburing.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <ostream>
#include <vector>

#include <doctest/doctest.h>

#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Does nothing, or reads a byte, and remembers its answers.
class request final : public io::completion {
  public:
    explicit request(int read_from = -1) : file_(read_from) {}

    void start(io::ring& on) { on.start(*this); }

    std::vector<int> answers;

  private:
    void prepare(io_uring_sqe& entry) const noexcept override {
        if (file_ < 0)
            io_uring_prep_nop(&entry);
        else
            io_uring_prep_read(&entry, file_, &byte_, 1, 0);
    }
    void complete(io::completion_event event) noexcept override { answers.push_back(event.result); }

    int file_;
    mutable char byte_ = 0;
};

/// A pipe that nobody writes to, unless told.
struct quiet_pipe {
    quiet_pipe() {
        if (::pipe(ends) != 0) std::abort();
    }
    ~quiet_pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    int ends[2];
};

void finish_all(io::ring& on) {
    while (on.in_flight() != 0) {
        on.wait(1s);
        on.reap();
    }
}

using results = std::vector<int>;

// What the replaced system call answers, first to last; then the kernel's own.
std::array<int, 8> refusals;
std::size_t refused;

int refusing_enter(unsigned ring, unsigned submit, unsigned complete, unsigned flags,
                   void* argument, std::size_t size) {
    if (refused < refusals.size() && refusals[refused] != 0) return refusals[refused++];
    return io_uring_enter2(ring, submit, complete, flags, static_cast<sigset_t*>(argument), size);
}

// The most answers that a call waited for, while calls were watched.
unsigned most_awaited;
bool refusing;

int watched_enter(unsigned ring, unsigned submit, unsigned complete, unsigned flags, void* argument,
                  std::size_t size) {
    most_awaited = std::max(most_awaited, complete);
    if (refusing) return -EBUSY;
    return io_uring_enter2(ring, submit, complete, flags, static_cast<sigset_t*>(argument), size);
}

}  // namespace

TEST_CASE("entries are answered once each, and cost one system call together") {
    io::ring ring({});
    std::array<request, 32> all;
    const auto calls = ring.system_calls();

    for (auto& each : all) each.start(ring);
    const auto owed = ring.in_flight();
    ring.wait(io::forever);
    ring.reap();

    CHECK(owed == all.size());
    CHECK(ring.in_flight() == 0);
    CHECK(ring.system_calls() == calls + 1);
    for (auto& each : all) CHECK(each.answers == results{0});
}

TEST_CASE("a wait ends at its limit, and one of nothing at once") {
    io::ring ring({});
    quiet_pipe pipe;
    request waiting(pipe.ends[0]);
    waiting.start(ring);

    ring.wait(1ms);
    ring.wait(0ns);
    ring.wait(-1s);
    const auto answers = ring.reap();
    ring.cancel(waiting);
    finish_all(ring);

    CHECK(answers == 0);
    CHECK(waiting.answers == results{-ECANCELED});
}

TEST_CASE("a poll without anything to do makes no system call") {
    io::ring ring({});
    const auto calls = ring.system_calls();

    ring.poll();

    CHECK(ring.system_calls() == calls);
}

TEST_CASE("a cancel in the batch of its target reaches it") {
    io::ring ring({});
    quiet_pipe pipe;
    request waiting(pipe.ends[0]);

    waiting.start(ring);
    const bool on_its_way = ring.cancel(waiting);
    finish_all(ring);

    CHECK(on_its_way);
    CHECK(waiting.answers == results{-ECANCELED});
}

TEST_CASE("a cancel that comes too late changes nothing") {
    io::ring ring({});
    request one, other;
    one.start(ring);
    finish_all(ring);
    one.start(ring);

    ring.cancel(one);
    other.start(ring);
    finish_all(ring);

    CHECK(one.answers.size() == 2);
    CHECK(other.answers == results{0});
}

TEST_CASE("more than the queue holds is submitted, and all of it answered") {
    io::ring ring({.entries = 8});
    quiet_pipe pipe;
    std::deque<request> all;
    for (int count = 0; count < 1000; ++count) all.emplace_back(pipe.ends[0]);

    for (auto& each : all) each.start(ring);
    for (auto& each : all) {
        // What had not reached the kernel is forgotten, and will not be answered.
        if (!ring.cancel(each)) each.answers.push_back(-ECANCELED);
    }
    finish_all(ring);

    for (auto& each : all) CHECK(each.answers == results{-ECANCELED});
}

TEST_CASE("more answers than the kernel has room for are kept") {
    io::ring ring({.entries = 8, .completions = 8});
    std::deque<request> all(1000);

    for (auto& each : all) each.start(ring);
    finish_all(ring);

    for (auto& each : all) CHECK(each.answers == results{0});
}

TEST_CASE("what was only postponed when it is cancelled is forgotten, and says so") {
    refusals = {-EBUSY, -EBUSY};
    refused = 0;
    io::ring::replace_enter(refusing_enter);
    io::ring ring({.entries = 8});
    io::ring::replace_enter(nullptr);
    std::deque<request> all(10);
    for (auto& each : all) each.start(ring);

    const bool has_an_answer = ring.cancel(all.back());
    finish_all(ring);

    CHECK(!has_an_answer);
    CHECK(all.back().answers.empty());
    CHECK(all.front().answers == results{0});
    CHECK(all[8].answers == results{0});
}

TEST_CASE("a system call that is interrupted, or refused for now, is made again") {
    refusals = {-EINTR, -EAGAIN, -EBUSY, -EINTR, -EAGAIN};
    refused = 0;
    io::ring::replace_enter(refusing_enter);
    io::ring ring({});
    io::ring::replace_enter(nullptr);
    request one;

    one.start(ring);
    finish_all(ring);

    CHECK(refused == 5);
    CHECK(one.answers == results{0});
}

TEST_CASE("a wait does not sleep while something still waits for room: it may be what ends it") {
    refusing = true;
    most_awaited = 0;
    io::ring::replace_enter(watched_enter);
    io::ring ring({.entries = 8});
    io::ring::replace_enter(nullptr);
    std::deque<request> all(10);
    for (auto& each : all) each.start(ring);

    ring.wait(10s);
    const unsigned awaited = most_awaited;
    refusing = false;
    finish_all(ring);

    CHECK(awaited == 0);
    for (auto& each : all) CHECK(each.answers == results{0});
}

TEST_CASE("a batch without a span of time to wait for it is none") {
    refusing = false;
    io::ring::replace_enter(watched_enter);
    io::ring ring({.batch = {.answers = 4}});
    io::ring::replace_enter(nullptr);
    std::array<request, 4> all;
    for (auto& each : all) each.start(ring);
    finish_all(ring);
    most_awaited = 0;
    request one;

    one.start(ring);
    ring.wait(1s);
    ring.reap();

    CHECK(most_awaited == 1);
    CHECK(one.answers == results{0});
}

TEST_CASE("a ring that still is owed answers must not end") {
    const bool caught = dies_with("ring: destroyed while the kernel still owes answers", [] {
        quiet_pipe pipe;
        request waiting(pipe.ends[0]);
        io::ring ring({});
        waiting.start(ring);
    });

    CHECK(caught);
}
