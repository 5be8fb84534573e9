#pragma once

#include "aio/sp/arrivals.hpp"
#include "aio/sp/socket.hpp"

namespace lariat {

/// Receives what push sockets send, from each peer in turn.
/// Source: nng_pull(7).
class pull_socket final : public sp_socket {
  public:
    explicit pull_socket(const sp_options& options = {}) : sp_socket(sp_protocol::pull, options) {}
    ~pull_socket() override { shut_down(); }

    /// Waits for a message. `result<message>`.
    /// Errors: closed; canceled, timed_out (through `within`): then nothing was taken.
    [[nodiscard]] message_receive_description receive() noexcept { return {arrivals_}; }

  private:
    void joined(sp_peer&) noexcept override {}
    void left(sp_peer&) noexcept override {}
    void gone(sp_peer& who) noexcept override { arrivals_.forget(who); }
    reception arrived(sp_peer& who, message& what) noexcept override {
        return arrivals_.keep(who, what);
    }
    void closing() noexcept override { arrivals_.close(); }

    arrival_queue arrivals_;
};

}  // namespace lariat
