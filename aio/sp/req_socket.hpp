#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "aio/sp/message.hpp"
#include "aio/sp/socket.hpp"
#include "runtime/auto_event.hpp"
#include "runtime/clock.hpp"
#include "runtime/intrusive_list.hpp"

namespace lariat {

struct req_options : sp_options {
    /// After so long without a reply a request is sent again, to whoever is ready then.
    duration resend_after = std::chrono::seconds(60);
};

/// Asks its peers, one for each request.
///
///     auto reply = co_await asker.request(std::move(question));
///
/// Source: nng_req(7).
class req_socket final : public sp_socket {
  public:
    explicit req_socket(const req_options& options = {});
    ~req_socket() override { shut_down(); }

    /// Sends the question to a peer that is ready, and waits for its reply; if it does not come in
    /// time, or the peer is lost, asks again, so that a question may be answered twice. As many
    /// requests as one likes may wait at the same time, each is on its own.
    /// Returns: the reply.
    /// Errors: closed; canceled, timed_out (through `within`); not_enough_memory.
    /// Cancel: the request is dropped; a reply that comes later, too.
    task<result<message>> request(message question);

    /// How many requests wait for a reply.
    std::size_t outstanding() const noexcept { return waiting_; }

  private:
    class asking;
    struct unsent_requests;

    void joined(sp_peer& who) noexcept override;
    void left(sp_peer& who) noexcept override;
    reception arrived(sp_peer& who, message& what) noexcept override;
    void has_room(sp_peer& who) noexcept override { joined(who); }
    void closing() noexcept override;
    void send_what_waits() noexcept;
    void ask_again(asking& one) noexcept;

    bool enter(asking& one) noexcept;
    void make_room() noexcept;
    void leave(asking& one) noexcept;
    asking** place_of(std::uint32_t number) noexcept;

    const duration resend_after_;
    std::uint32_t last_number_;
    std::size_t waiting_ = 0;
    std::vector<asking*> by_number_;  // Chains; as many as a power of two.
    intrusive_list<asking, unsent_requests> unsent_;
    peer_list<among_ready> ready_;
};

}  // namespace lariat
