#include "aio/sp/protocol.hpp"

#include <algorithm>
#include <ostream>
#include <string_view>

#include <doctest/doctest.h>

using namespace std::string_view_literals;
using lariat::check_greeting;
using lariat::sp_protocol;

namespace {

constexpr sp_protocol all[] = {sp_protocol::pair0, sp_protocol::pub, sp_protocol::sub,
                               sp_protocol::req,   sp_protocol::rep, sp_protocol::push,
                               sp_protocol::pull};

lariat::sp_greeting greeting(std::string_view bytes) {
    lariat::sp_greeting made{};
    std::transform(bytes.begin(), bytes.end(), made.begin(),
                   [](char each) { return static_cast<std::byte>(each); });
    return made;
}

}  // namespace

TEST_CASE("a greeting is a zero, SP, a version, the protocol's number and two zeros") {
    CHECK(greeting_of(sp_protocol::pair0) == greeting("\0SP\0\0\x10\0\0"sv));
    CHECK(greeting_of(sp_protocol::pub) == greeting("\0SP\0\0\x20\0\0"sv));
    CHECK(greeting_of(sp_protocol::sub) == greeting("\0SP\0\0\x21\0\0"sv));
    CHECK(greeting_of(sp_protocol::req) == greeting("\0SP\0\0\x30\0\0"sv));
    CHECK(greeting_of(sp_protocol::rep) == greeting("\0SP\0\0\x31\0\0"sv));
    CHECK(greeting_of(sp_protocol::push) == greeting("\0SP\0\0\x50\0\0"sv));
    CHECK(greeting_of(sp_protocol::pull) == greeting("\0SP\0\0\x51\0\0"sv));
}

TEST_CASE("each protocol talks to its own counterpart and to no other") {
    for (const sp_protocol own : all) {
        CHECK(peer_of(peer_of(own)) == own);
        for (const sp_protocol theirs : all) {
            const auto outcome = check_greeting(greeting_of(theirs), own);
            if (theirs == peer_of(own))
                CHECK(outcome);
            else
                CHECK(outcome.error() == std::errc::wrong_protocol_type);
        }
    }
}

TEST_CASE("a greeting with any byte wrong is refused") {
    const auto good = greeting_of(sp_protocol::pull);
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            auto bad = good;
            bad[i] ^= std::byte(1 << bit);

            const auto outcome = check_greeting(bad, sp_protocol::push);

            const bool numbered = i == 4 || i == 5;
            CHECK(outcome.error() ==
                  (numbered ? std::errc::wrong_protocol_type : std::errc::protocol_error));
        }
    }
}
