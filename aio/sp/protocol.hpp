#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/result.hpp"

namespace lariat {

/// The scalability protocols, by the numbers that peers tell one another.
/// Source: nanomsg RFCs sp-tcp-mapping-01, sp-protocol-ids-01.
enum class sp_protocol : std::uint16_t {
    pair0 = 0x10,
    pub = 0x20,
    sub = 0x21,
    req = 0x30,
    rep = 0x31,
    push = 0x50,
    pull = 0x51,
};

/// Returns: what a peer must be.
constexpr sp_protocol peer_of(sp_protocol own) noexcept {
    switch (own) {
        case sp_protocol::pair0:
            return sp_protocol::pair0;
        case sp_protocol::pub:
            return sp_protocol::sub;
        case sp_protocol::sub:
            return sp_protocol::pub;
        case sp_protocol::req:
            return sp_protocol::rep;
        case sp_protocol::rep:
            return sp_protocol::req;
        case sp_protocol::push:
            return sp_protocol::pull;
        case sp_protocol::pull:
            return sp_protocol::push;
    }
    return own;
}

/// What each side of a connection sends first, before it has heard anything.
using sp_greeting = std::array<std::byte, 8>;

sp_greeting greeting_of(sp_protocol own) noexcept;

/// Returns: an error unless a peer that greets so may be talked to.
/// Errors: protocol_error for what is no greeting; wrong_protocol_type for a peer that does not
/// fit.
result<void> check_greeting(const sp_greeting& theirs, sp_protocol own) noexcept;

/// How messages are laid out in a stream of bytes.
enum class sp_mapping : std::uint8_t {
    tcp,  ///< A length of 64 bits, big-endian, then so many bytes.
    ipc,  ///< The same behind a byte of 1.
};

}  // namespace lariat
