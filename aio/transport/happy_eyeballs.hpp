#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "aio/address.hpp"
#include "aio/resolve.hpp"
#include "aio/transport/connect_race.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

struct happy_eyeballs_options {
    /// How the name is looked up.
    resolve_options names{};
    /// How long an attempt is alone before the next one begins beside it. Of `forever`, one address
    /// is tried after the other has failed. RFC 8305 asks for 100 ms at least.
    duration attempt_delay = usual_attempt_delay;
    /// Addresses of the family that comes first that are tried before one of the other.
    std::size_t first_family = 1;
    /// What each attempt is made with. Addresses of another family than `from` are out of reach.
    tcp_connect_options attempts{};
};

/// Connects to a service on a host, by whichever of its addresses answers first: one that does not
/// work, as IPv6 where the network has none, costs a quarter of a second and not minutes.
///
///     auto peer = co_await io::within(5s, io::connect_tcp("example.org", "https"));
///
/// The attempts begin when all addresses are known.
/// Errors: those of `resolve`; of the attempts the one that tells most; canceled, stopped,
/// timed_out (through `within`): then nothing of the attempts is left.
/// Cancel: ends the look-up as the attempts.
/// Source: RFC 8305.
task<result<tcp_stream>> connect_tcp(std::string host, std::string service,
                                     happy_eyeballs_options options = {});

/// The same with addresses that are known: nothing is looked up.
/// Errors: destination_address_required without any.
task<result<tcp_stream>> connect_tcp(std::vector<address> to, happy_eyeballs_options options = {});

}  // namespace lariat
