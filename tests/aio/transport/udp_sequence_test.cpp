#include "aio/transport/udp.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/transport/udp_sockets.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("one entry of the ring brings many datagrams, empty ones too, each with its sender") {
    auto body = []() -> io::task<> {
        io::buffer_pool pool({.buffers = 8, .size = 512});
        auto receiver = open_udp();
        auto one = open_udp();
        auto other = open_udp();
        const auto where = *receiver.local_address();
        auto arriving = receiver.datagrams(pool);

        for (const char* text : {"a", "", "ccc"}) {
            const auto sent = co_await one.send_to(std::string_view(text), where);
            CHECK(sent);
        }
        const auto sent = co_await other.send_to("d", where);
        std::vector<std::string> texts;
        std::vector<io::address> senders;
        for (int i = 0; i < 4; ++i) {
            const auto each = co_await io::within(10s, arriving.next());
            REQUIRE(each);
            texts.push_back(text_of(each->payload()));
            senders.push_back(each->from());
        }

        CHECK(sent);
        CHECK(texts == std::vector<std::string>{"a", "", "ccc", "d"});
        CHECK(senders[0] == *one.local_address());
        CHECK(senders[3] == *other.local_address());
    };

    run_body(body);
}

TEST_CASE("a sequence of datagrams ends with closed as its socket does, after what had come") {
    for (const bool destroys : {false, true}) {
        auto body = [&]() -> io::task<> {
            io::buffer_pool pool({.buffers = 8, .size = 512});
            std::optional<io::udp_socket> receiver = open_udp();
            auto sender = open_udp();
            const auto where = *receiver->local_address();
            auto arriving = receiver->datagrams(pool);
            auto another = receiver->datagrams(pool);
            const auto nothing = co_await io::within(0s, arriving.next());
            CHECK(nothing.error() == io::error::timed_out);
            const auto sent = co_await sender.send_to("had come", where);
            CHECK(sent);
            while (arriving.queued() == 0) std::ignore = co_await io::nop{};
            const auto closing = [&]() -> io::task<> {
                co_await some_turns();
                if (destroys)
                    receiver.reset();
                else
                    receiver->close();
            };

            auto first = co_await arriving.next();
            auto both = co_await io::when_all(arriving.next(), closing());
            const auto last = co_await arriving.next();
            const auto of_another = co_await another.next();
            while (arriving.armed()) std::ignore = co_await io::nop{};
            const auto same_port = io::udp_socket::open(where);

            REQUIRE(first);
            CHECK(text_of(first->payload()) == "had come");
            CHECK(std::get<0>(both).error() == io::error::closed);
            CHECK(last.error() == io::error::closed);
            CHECK(of_another.error() == io::error::closed);
            CHECK(same_port);
        };

        run_body(body);
    }
}

TEST_CASE("a sequence of datagrams of a closed socket is closed from its beginning") {
    auto body = []() -> io::task<> {
        io::buffer_pool pool({.buffers = 2, .size = 512});
        io::udp_socket never;
        auto arriving = never.datagrams(pool);

        const auto none = co_await arriving.next();

        CHECK(none.error() == io::error::closed);
    };

    run_body(body);
}
