#pragma once

#include "aio/sp/arrivals.hpp"
#include "aio/sp/outlet.hpp"
#include "aio/sp/socket.hpp"

namespace lariat {

/// Messages in both directions with one peer (pair0). A second peer is sent away while the first is
/// there.
/// Source: nng_pair(7).
class pair_socket final : public sp_socket {
  public:
    explicit pair_socket(const sp_options& options = {}) : sp_socket(sp_protocol::pair0, options) {}
    ~pair_socket() override { shut_down(); }

    /// Waits until a peer is there and its queue has room. `result<void>`.
    /// Errors: closed; canceled, timed_out (through `within`). With an error the message is where
    /// it was, else it is empty. Lifetime: the message outlives the wait.
    [[nodiscard]] auto send(message& what) noexcept { return outlet_.send(what); }
    [[nodiscard]] auto send(message&& what) noexcept { return outlet_.send(what); }

    /// Waits for a message. `result<message>`.
    /// Errors: closed; canceled, timed_out (through `within`): then nothing was taken.
    [[nodiscard]] message_receive_description receive() noexcept { return {arrivals_}; }

  private:
    bool admits() const noexcept override { return !peer_; }
    /// Else one that only sends would be locked out by a peer that has sent and gone.
    bool forgets() const noexcept override { return true; }
    bool owes() const noexcept override { return arrivals_.owes(); }
    void joined(sp_peer& who) noexcept override {
        peer_ = &who;
        outlet_.serve();
    }
    void left(sp_peer&) noexcept override { peer_ = nullptr; }
    void gone(sp_peer& who) noexcept override { arrivals_.forget(who); }
    reception arrived(sp_peer& who, message& what) noexcept override {
        return arrivals_.keep(who, what);
    }
    void has_room(sp_peer&) noexcept override { outlet_.serve(); }
    bool offer(message& what) noexcept override { return peer_ && peer_->try_send(what); }
    void closing() noexcept override {
        outlet_.close();
        arrivals_.close();
    }

    message_outlet outlet_{rules()};
    arrival_queue arrivals_;
    sp_peer* peer_ = nullptr;
};

}  // namespace lariat
