#include "aio/op/pooled.hpp"

#include <sys/uio.h>

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/multishot.hpp"
#include "aio/op/socket.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/ring.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/pooled_text.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/dies_with.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// An entry was prepared and will never be submitted.
void never_submitted(io::buffer_pool& pool) {
    io::completion_event none{-ECANCELED, 0};
    pool.heard(none);
}

/// An entry has no place in a coroutine's frame.
void check_entries(io::buffer_pool& pool) {
    const auto receive = prepared(io::receive_pooled{.socket = 5, .pool = pool});
    const auto receives = prepared_multishot(io::receive_pooled{.socket = 5, .pool = pool});
    const auto read = prepared(io::read_pooled{.file = 6, .pool = pool, .offset = 7});
    const auto reads = prepared_multishot(io::read_pooled{.file = 6, .pool = pool});
    const io::receive_message_pooled call{.socket = 8, .pool = pool, .ancillary = 64};
    const auto messages = prepared_multishot(call);
    for (int i = 0; i < 5; ++i) never_submitted(pool);

    CHECK(receive.opcode == IORING_OP_RECV);
    CHECK(receive.fd == 5);
    CHECK(receive.flags == IOSQE_BUFFER_SELECT);
    CHECK(receive.ioprio == 0);
    CHECK(receive.len == 0);
    CHECK(receive.buf_group == pool.group());
    const bool bundles = io::capabilities().since({6, 10});
    CHECK(receives.ioprio == (IORING_RECV_MULTISHOT | (bundles ? 16 : 0)));
    CHECK(receives.buf_group == pool.group());
    CHECK(read.opcode == IORING_OP_READ);
    CHECK(read.off == 7);
    CHECK(read.flags == IOSQE_BUFFER_SELECT);
    CHECK(reads.opcode == 49);
    CHECK(reads.off == UINT64_MAX);
    CHECK(reads.flags == IOSQE_BUFFER_SELECT);
    CHECK(messages.opcode == IORING_OP_RECVMSG);
    CHECK(messages.ioprio == IORING_RECV_MULTISHOT);
    CHECK(messages.addr == address_of(&call.header));
    CHECK(call.header.msg_controllen == 64);
}

}  // namespace

TEST_CASE("pooled: the entries tell the kernel to pick, and name the pool") {
    auto body = []() -> io::task<> {
        io::buffer_pool other;
        io::buffer_pool pool;
        CHECK(other.group() != pool.group());
        check_entries(pool);
        co_return;
    };

    run_body(body);
}

TEST_CASE("pooled: a buffer is used when bytes come, and comes back when nobody holds it") {
    const auto ends = make_socket_pair();
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 4, .size = 64});
        {
            put(ends.second, "hello");
            auto got = co_await io::receive_pooled{.socket = ends.first, .pool = pool};
            REQUIRE(got);
            CHECK(text_of(*got) == "hello");
            CHECK(pool.free() == 3);
            const io::pooled_buffer kept = *std::move(got);
            CHECK(pool.free() == 3);
            CHECK(text_of(kept) == "hello");
        }
        CHECK(pool.free() == 4);
        CHECK(pool.complete());
    };

    run_body(body);
}

TEST_CASE("pooled: without a buffer a single receive says so, and nothing is lost") {
    const auto ends = make_socket_pair();
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 1, .size = 4});
        put(ends.second, "onetwo");
        {
            auto first = co_await io::receive_pooled{.socket = ends.first, .pool = pool};
            REQUIRE(first);
            CHECK(text_of(*first) == "onet");
            auto none = co_await io::receive_pooled{.socket = ends.first, .pool = pool};
            CHECK(none.error() == std::errc::no_buffer_space);
        }
        auto rest = co_await io::receive_pooled{.socket = ends.first, .pool = pool};
        REQUIRE(rest);
        CHECK(text_of(*rest) == "wo");
    };

    run_body(body);
}

TEST_CASE("pooled: a multishot that ran out of buffers goes on when one comes back, in order") {
    const auto ends = make_socket_pair();
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 4, .size = 4});
        received arriving(io::receive_pooled{.socket = ends.first, .pool = pool});
        std::string sent;
        for (char letter = 'a'; letter <= 'z'; ++letter) sent += std::string(3, letter);
        put(ends.second, sent);
        std::vector<io::pooled_buffer> held;
        std::string got;
        while (held.size() < 4) {
            auto part = co_await io::within(1s, arriving.next());
            REQUIRE(part);
            got += text_of(*part);
            held.push_back(*std::move(part));
        }
        const auto calls = io::home::current().kernel()->system_calls();
        const auto none = co_await io::within(5ms, arriving.next());
        CHECK(none.error() == io::error::timed_out);
        CHECK(io::home::current().kernel()->system_calls() - calls < 5);
        held.clear();
        got += co_await all_that_comes(arriving);
        CHECK(got == sent);
    };

    run_body(body);
}

TEST_CASE("pooled: many that starve on one pool all go on") {
    std::vector<two_ends> pairs;
    for (int i = 0; i < 16; ++i) pairs.push_back(make_socket_pair());
    auto body = [&]() -> io::task<int> {
        io::buffer_pool pool({.buffers = 2, .size = 16});
        io::task_scope readers;
        int whole = 0;
        auto read_all = [&](const io::descriptor& from) -> io::task<> {
            received arriving(io::receive_pooled{.socket = from, .pool = pool});
            std::size_t bytes = 0;
            for (;;) {
                const auto part = co_await arriving.next();
                if (!part) {
                    CHECK(part.error() == io::error::end_of_stream);
                    break;
                }
                bytes += part->size();
                (void)co_await io::sleep_for(100us);
            }
            if (bytes == 160) ++whole;
        };
        for (const auto& each : pairs) readers.spawn(read_all, std::ref(each.first));
        for (auto& each : pairs) {
            put(each.second, std::string(160, 'x'));
            each.second = {};
        }
        const auto joined = co_await io::within(10s, readers.join());
        CHECK(joined);
        co_return whole;
    };

    CHECK(run_body(body) == 16);
}

TEST_CASE("pooled: many that starve on one pool all hear of a stop, and of a return during it") {
    std::vector<two_ends> pairs;
    for (int i = 0; i < 16; ++i) pairs.push_back(make_socket_pair());
    auto body = [&]() -> io::task<int> {
        io::buffer_pool pool({.buffers = 2, .size = 16});
        io::task_scope readers;
        std::vector<io::pooled_buffer> held;
        int stopped = 0;
        auto keep_all = [&](const io::descriptor& from) -> io::task<> {
            received arriving(io::receive_pooled{.socket = from, .pool = pool});
            for (;;) {
                auto part = co_await arriving.next();
                if (part) {
                    held.push_back(*std::move(part));
                    continue;
                }
                if (part.error() == io::error::stopped) ++stopped;
                held.clear();
                break;
            }
        };
        for (const auto& each : pairs) readers.spawn(keep_all, std::ref(each.first));
        for (const auto& each : pairs) put(each.second, std::string(160, 'x'));
        (void)co_await io::sleep_for(5ms);
        CHECK(held.size() == 2);
        static_cast<io::scheduler&>(io::home::current()).stop();
        co_await io::shield(readers.join());
        co_return stopped;
    };

    CHECK(run_body(body) == 16);
}

TEST_CASE("pooled: the end of a connection and its error are told apart") {
    const auto ended = make_socket_pair();
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 4, .size = 16});
        put(ended.second, "last words");
        ::shutdown(ended.second.number(), SHUT_WR);
        received arriving(io::receive_pooled{.socket = ended.first, .pool = pool});
        const auto words = co_await arriving.next();
        REQUIRE(words);
        CHECK(text_of(*words) == "last words");
        for (int i = 0; i < 2; ++i) {
            const auto end = co_await arriving.next();
            CHECK(end.error() == io::error::end_of_stream);
        }
        received nowhere(io::receive_pooled{.socket = -1, .pool = pool});
        const auto refused = co_await nowhere.next();
        CHECK(refused.error() == std::errc::bad_file_descriptor);
        const auto single = co_await io::receive_pooled{.socket = ended.first, .pool = pool};
        REQUIRE(single);
        CHECK(single->empty());
    };

    run_body(body);
}

TEST_CASE("pooled: what no one took goes back, with a cancelled task or a destroyed sequence") {
    const auto ends = make_socket_pair();
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 4, .size = 16});
        {
            received arriving(io::receive_pooled{.socket = ends.first, .pool = pool});
            const auto nothing = co_await io::within(1ms, arriving.next());
            CHECK(nothing.error() == io::error::timed_out);
            put(ends.second, "unheard");
            (void)co_await io::sleep_for(1ms);
            CHECK(arriving.queued() == 1);
            CHECK(pool.free() == 3);
        }
        CHECK(pool.free() == 4);
        {
            const auto receive_for_nobody = [](io::descriptor_ref from,
                                               io::buffer_pool& into) -> io::task<> {
                (void)co_await io::receive_pooled{.socket = from, .pool = into};
            };
            io::task_scope scope;
            scope.spawn(receive_for_nobody, io::descriptor_ref(ends.first), std::ref(pool));
            (void)co_await io::sleep_for(1ms);
            put(ends.second, "unheard");
        }
        CHECK(pool.free() == 4);
    };

    run_body(body);
}

TEST_CASE("pooled: a pipe is read as a sequence") {
    const auto ends = make_pipe();
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 4, .size = 16});
        io::multishot<io::read_pooled> lines(io::read_pooled{.file = ends.first, .pool = pool});
        for (const char* text : {"one", "two", "three"}) {
            put(ends.second, text);
            const auto line = co_await io::within(1s, lines.next());
            REQUIRE(line);
            CHECK(text_of(*line) == text);
        }
    };

    run_body(body);
}

TEST_CASE("pooled: a part of a file is read into a picked buffer") {
    const scratch place;
    const auto file = made(place.file(), "0123456789");
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 2, .size = 4});
        const auto part = co_await io::read_pooled{.file = file, .pool = pool, .offset = 3};
        REQUIRE(part);
        CHECK(text_of(*part) == "3456");
        const auto end = co_await io::read_pooled{.file = file, .pool = pool, .offset = 10};
        REQUIRE(end);
        CHECK(end->empty());
    };

    run_body(body);
}

TEST_CASE("pooled: datagrams come with their senders, and say when they were cut") {
    const auto inbox = bound_datagram_socket();
    const auto where = address_of_socket(inbox);
    const auto sender = io::descriptor::adopt(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    REQUIRE(::setsockopt(inbox.number(), SOL_SOCKET, SO_TIMESTAMP, &yes, sizeof yes) == 0);
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 4, .size = 16 + 128 + 64 + 8});
        io::multishot<io::receive_message_pooled> messages(
            io::receive_message_pooled{.socket = inbox, .pool = pool, .ancillary = 64});
        for (const std::string text : {"short", "", "rather long"}) {
            REQUIRE(::sendto(sender.number(), text.data(), text.size(), 0, where.data(),
                             where.size()) >= 0);
            const auto message = co_await io::within(1s, messages.next());
            REQUIRE(message);
            const std::string got(reinterpret_cast<const char*>(message->payload().data()),
                                  message->payload().size());
            CHECK(got == text.substr(0, 8));
            CHECK(message->truncated() == (text.size() > 8));
            CHECK(message->from().family() == io::address_family::v4);
            REQUIRE(message->ancillary().size() >= sizeof(cmsghdr));
            const auto* head = reinterpret_cast<const cmsghdr*>(message->ancillary().data());
            CHECK(head->cmsg_type == SCM_TIMESTAMP);
        }
    };

    run_body(body);
}

TEST_CASE("pooled: a pool that cannot be made says why") {
    auto body = []() -> io::task<> {
        CHECK_THROWS_AS(io::buffer_pool({.buffers = 0}), std::system_error);
        CHECK_THROWS_AS(io::buffer_pool({.buffers = 100'000}), std::system_error);
        CHECK_THROWS_AS(io::buffer_pool({.size = 0}), std::system_error);
        const io::buffer_pool odd({.buffers = 5, .size = 10});
        CHECK(odd.buffers() == 8);
        co_return;
    };

    run_body(body);
}

TEST_CASE("pooled: what is done wrong with a pool is named") {
    const auto ends = make_socket_pair();
    auto held_too_long = [&]() -> io::task<> {
        auto pool = std::make_unique<io::buffer_pool>();
        put(ends.second, "x");
        const auto got = co_await io::receive_pooled{.socket = ends.first, .pool = *pool};
        pool.reset();
    };
    auto used_too_long = [&]() -> io::task<> {
        auto pool = std::make_unique<io::buffer_pool>();
        received arriving(io::receive_pooled{.socket = ends.first, .pool = *pool});
        (void)co_await io::within(1ms, arriving.next());
        pool.reset();
    };
    auto given_twice = [&]() -> io::task<> {
        io::buffer_pool pool;
        put(ends.second, "x");
        const auto got = co_await io::receive_pooled{.socket = ends.first, .pool = pool};
        const io::completion_event piece{1, IORING_CQE_F_BUFFER};
        {
            const auto again = pool.take(piece);
        }
    };

    CHECK(dies_with("while buffers of it are held", [&] { run_body(held_too_long); }));
    CHECK(dies_with("while an operation may take from it", [&] { run_body(used_too_long); }));
    CHECK(dies_with("given back twice", [&] { run_body(given_twice); }));
    CHECK(dies_with("no scheduler runs on this thread", [] { io::buffer_pool pool; }));
}
