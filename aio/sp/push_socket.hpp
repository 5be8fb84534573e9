#pragma once

#include "aio/sp/message_queue.hpp"
#include "aio/sp/outlet.hpp"
#include "aio/sp/socket.hpp"

namespace lariat {

/// Gives each message to one of its peers: to the next that is ready for one.
/// Source: nng_push(7).
class push_socket final : public sp_socket {
  public:
    explicit push_socket(const sp_options& options = {})
        : sp_socket(sp_protocol::push, options, sp_pace::one_by_one),
          waiting_(options.send_queue) {}
    ~push_socket() override { shut_down(); }

    /// Waits until a peer is there, and there is room. `result<void>`.
    /// Errors: closed; canceled, timed_out (through `within`). With an error the message is where
    /// it was, else it is empty. Lifetime: the message outlives the wait.
    [[nodiscard]] auto send(message& what) noexcept { return outlet_.send(what); }
    [[nodiscard]] auto send(message&& what) noexcept { return outlet_.send(what); }

  private:
    void joined(sp_peer& who) noexcept override { has_room(who); }
    void left(sp_peer& who) noexcept override { ready_.remove(who); }
    reception arrived(sp_peer&, message&) noexcept override {
        return reception::taken;  // Nobody wants it.
    }
    void has_room(sp_peer& who) noexcept override;
    void refill(sp_peer& who) noexcept override;
    bool offer(message& what) noexcept override;
    void closing() noexcept override { outlet_.close(); }

    bool give_to_ready(message& what) noexcept;

    message_outlet outlet_{rules()};
    message_queue waiting_;         // While no peer is ready, but one is there.
    peer_list<among_ready> ready_;  // In the order in which they became so.
};

}  // namespace lariat
