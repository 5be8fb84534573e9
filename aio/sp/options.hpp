#pragma once

#include <chrono>
#include <cstddef>

#include "aio/sp/message_pipe.hpp"
#include "runtime/clock.hpp"
#include "runtime/retry.hpp"

namespace lariat {

/// How a message socket treats its peers.
struct sp_options {
    /// A peer that sends a longer message is sent away; see `no_longest_message`.
    std::size_t longest_message = usual_longest_message;
    /// Messages that are accepted before they leave: for each peer; of a push socket, for all.
    /// Besides, at most 1 MiB in more than one message, so that a peer costs at most 1 MiB and its
    /// last message. Requests are not among them: each is its caller's until it is answered.
    std::size_t send_queue = 128;
    /// Messages that have come and wait to be received: of each peer; of a subscriber, of all. 1
    /// leaves the work with whoever can do it at once. Besides, but not of a subscriber, at most
    /// 1 MiB in more than one message, so that a peer costs at most 1 MiB and twice
    /// `longest_message`: for the last of them, and for one of which only a part is there. A
    /// subscriber's may be `receive_queue` times `longest_message` together, 128 MiB unless it is
    /// told otherwise: one that may be slow and has to do with strangers wants less of either.
    ///
    /// What peers that have gone left behind counts together as one peer's: while there is no room
    /// for more of it nobody new is let in. Who connects waits, within the process and in `dial`
    /// and `adopt` the connection is refused. A pair forgets the oldest of it instead. So a crowd
    /// that comes, sends and goes takes no more memory than what is there at a time may.
    std::size_t receive_queue = 128;
    /// How long a peer may take to greet.
    duration greeting_limit = usual_greeting_limit;
    /// The pauses before a peer that cannot be reached, or is lost, is dialed again; it is dialed
    /// for as long as the socket is there, whatever `attempts` says.
    retry_options reconnect{.longest = std::chrono::seconds(10)};
};

}  // namespace lariat
