#include <liburing.h>

#include <chrono>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/multishot.hpp"
#include "aio/op/pooled.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/pooled_text.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

TEST_CASE("incremental: small messages share a large buffer") {
    const auto ends = make_socket_pair();
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 2, .size = 64, .incremental = true});
        received arriving(io::receive_pooled{.socket = ends.first, .pool = pool});
        std::vector<io::pooled_buffer> held;
        std::string sent, got;
        for (char letter = 'a'; letter <= 'f'; ++letter) {
            const std::string message(10, letter);
            put(ends.second, message);
            sent += message;
            auto part = co_await io::within(1s, arriving.next());
            if (!part) break;
            got += text_of(*part);
            held.push_back(*std::move(part));
        }
        if (pool.incremental()) {
            CHECK(got == sent);
            CHECK(held[1].data() == held[0].data() + 10);
            CHECK(pool.free() == 2);
        } else {
            CHECK(got == sent.substr(0, 20));
            CHECK(pool.free() == 0);
        }
        held.clear();
        const auto rest = co_await all_that_comes(arriving);
        CHECK(got + rest == sent);
        CHECK(pool.complete());
    };

    run_body(body);
}

TEST_CASE("incremental: an end that took no byte leaves the pool as it was") {
    const auto file = make_pipe();
    auto ended = make_pipe();
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 2, .size = 8, .incremental = true});
        ended.second = {};
        for (int i = 0; i < 5; ++i) {
            const auto end = co_await io::read_pooled{.file = ended.first, .pool = pool};
            CHECK(end->empty());
            CHECK(pool.complete());
        }
        // Twice offered, a buffer would be filled while it is held.
        std::vector<io::pooled_buffer> held;
        for (const std::string text : {"12345678", "abcdefgh"}) {
            put(file.second, text);
            held.push_back(*co_await io::read_pooled{.file = file.first, .pool = pool});
            CHECK(text_of(held.back()) == text);
        }
        put(file.second, "overflow");
        const auto none = co_await io::read_pooled{.file = file.first, .pool = pool};
        CHECK(none.error() == std::errc::no_buffer_space);
        CHECK(text_of(held[0]) == "12345678");
        CHECK(text_of(held[1]) == "abcdefgh");
    };

    run_body(body);
}

TEST_CASE(
    "incremental: a kernel that takes no byte and does not say that it goes on is understood") {
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 2, .size = 8, .incremental = true});
        if (!pool.incremental()) {
            MESSAGE("skipped: this kernel has no incremental buffers");
            co_return;
        }
        // What a kernel without the fix says at the end of a file; its head stays where it was.
        pool.expect_answers();
        io::completion_event end{0, IORING_CQE_F_BUFFER};
        pool.heard(end);
        CHECK(pool.complete());

        const auto ends = make_socket_pair();
        std::vector<io::pooled_buffer> held;
        for (const std::string text : {"12345678", "abcdefgh"}) {
            put(ends.second, text);
            held.push_back(*co_await io::receive_pooled{.socket = ends.first, .pool = pool});
        }
        put(ends.second, "overflow");
        const auto none = co_await io::receive_pooled{.socket = ends.first, .pool = pool};
        CHECK(none.error() == std::errc::no_buffer_space);
        CHECK(text_of(held[0]) == "12345678");
        CHECK(text_of(held[1]) == "abcdefgh");
    };

    run_body(body);
}
