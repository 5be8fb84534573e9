#pragma once

#include <utility>

#include "aio/sp/outlet.hpp"
#include "aio/sp/socket.hpp"

namespace lariat {

/// Sends each message to all its peers, and waits for none: of what a slow one has not taken, the
/// oldest is dropped for it, wherever the peer is.
/// Source: nng_pub(7).
class pub_socket final : public sp_socket {
  public:
    explicit pub_socket(const sp_options& options = {}) : sp_socket(sp_protocol::pub, options) {}
    ~pub_socket() override { shut_down(); }

    /// Sends to whoever is there. `result<void>`, at once.
    /// Errors: closed; canceled. With an error the message is where it was, else it is empty.
    [[nodiscard]] auto send(message& what) noexcept { return outlet_.send(what); }
    [[nodiscard]] auto send(message&& what) noexcept { return outlet_.send(what); }

  private:
    void joined(sp_peer&) noexcept override {}
    void left(sp_peer&) noexcept override {}
    reception arrived(sp_peer&, message&) noexcept override {
        return reception::wrong;  // Subscribers are silent.
    }
    bool offer(message& what) noexcept override {
        const message all = std::move(what);
        for_each_peer([&](sp_peer& each) { each.send_newest(all.share()); });
        return true;
    }
    void closing() noexcept override { outlet_.close(); }

    message_outlet outlet_{rules()};
};

}  // namespace lariat
