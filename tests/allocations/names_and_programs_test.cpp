#include <chrono>
#include <cstdint>
#include <iostream>
#include <new>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "aio/child_process.hpp"
#include "aio/run_process.hpp"
#include "aio/stream.hpp"
#include "aio/transport/happy_eyeballs.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/scheduler.hpp"
#include "tests/aio/fake_names.hpp"
#include "tests/aio/programs.hpp"
#include "tests/allocations/counted.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

enum class ending { fine, error, thrown };

template <class Round>
ending end_of(Round round) {
    try {
        return round() ? ending::fine : ending::error;
    } catch (const std::bad_alloc&) {
        return ending::thrown;
    }
}

/// A thread that has left its pool frees what it kept a moment later.
bool comes_back_to(std::int64_t alive) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (counted::alive() != alive) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

/// Lets each allocation of a round fail in turn, and then none.
/// Returns: how many failures surfaced.
template <class Round>
std::uint64_t fail_each_allocation(Round round) {
    std::uint64_t surfaced = 0;
    for (std::uint64_t nth = 1;; ++nth) {
        io::frame_pool::trim();
        const auto open_before = open_descriptors();
        const auto alive_before = counted::alive();
        counted::fail_at(nth);
        const auto end = end_of(round);
        const bool failed = counted::failed();
        counted::fail_at(0);
        io::frame_pool::trim();
        const bool all_freed = comes_back_to(alive_before);

        CAPTURE(nth);
        CHECK((end != ending::fine) == failed);
        CHECK(all_freed);
        CHECK(open_descriptors() == open_before);
        CHECK(no_children_left());
        if (!failed) return surfaced;
        ++surfaced;
    }
}

io::task<io::result<void>> run_a_filter() {
    const auto done = co_await io::run_process("cat", {.input = io::const_buffer_view("text")});
    if (!done) co_return done.error();
    if (done->output_text() != "text") co_return io::error::end_of_stream;
    co_return {};
}

io::task<io::result<void>> connect_by_name(fake_names& source) {
    io::thread_pool pool;
    auto refused = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback_v6(0)));
    source.answer = {*refused.local_address(), *door.local_address()};
    refused.close();
    const auto peer = co_await io::connect_tcp("host.example", "service",
                                               {.names = {.pool = &pool, .source = &source}});
    co_return peer.error();
}

}  // namespace

TEST_CASE("an allocation that fails while a program runs surfaces, and the program is gone") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    const auto round = [] { return io::run(run_a_filter()); };
    REQUIRE(end_of(round) == ending::fine);  // What lives as long as the process is there by now.
    const auto surfaced = fail_each_allocation(round);

    std::cout << "failed allocations around a program: " << surfaced << std::endl;
    CHECK(surfaced > 10);
}

TEST_CASE("an allocation that fails while a name is connected to surfaces, and nothing leaks") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    fake_names source;
    source.answer.reserve(2);
    const auto round = [&] { return io::run(connect_by_name(source)); };
    REQUIRE(end_of(round) == ending::fine);  // What lives as long as the process is there by now.
    const auto surfaced = fail_each_allocation(round);

    std::cout << "failed allocations around a name: " << surfaced << std::endl;
    CHECK(surfaced > 10);
}

TEST_CASE("without memory a program is not started, and that is an error") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    const io::command program("true");
    int refused = 0;
    for (std::uint64_t nth = 1;; ++nth) {
        counted::fail_at(nth);
        const auto child = io::child_process::start(program, {.input = io::child_stream::piped});
        counted::fail_at(0);
        if (child) break;
        CHECK(child.error() == std::errc::not_enough_memory);
        CHECK(no_children_left());
        ++refused;
    }

    CHECK(refused > 2);
}
