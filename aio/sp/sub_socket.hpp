#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aio/sp/socket.hpp"
#include "runtime/channel.hpp"

namespace lariat {

/// Receives of what publishers send what begins with one of the prefixes it has subscribed to.
/// Those that nobody receives are dropped for newer ones, the oldest first; so are those that come
/// while there is no memory beside what receivers were promised and have yet to take.
/// Source: nng_sub(7).
class sub_socket final : public sp_socket {
  public:
    explicit sub_socket(const sp_options& options = {})
        : sp_socket(sp_protocol::sub, options), matching_(options.receive_queue) {}
    ~sub_socket() override { shut_down(); }

    /// From here on messages with this prefix are received; all, with an empty one. Twice is once.
    /// Errors: throws `std::bad_alloc`.
    void subscribe(std::string_view prefix);

    /// What has come already is received still.
    /// Returns: whether it was subscribed to.
    bool unsubscribe(std::string_view prefix) noexcept;

    /// Waits for a message. `result<message>`.
    /// Errors: closed; canceled, timed_out (through `within`): then nothing was taken.
    [[nodiscard]] channel<message>::receive_description receive() noexcept {
        return matching_.receive();
    }

  private:
    void joined(sp_peer&) noexcept override {}
    void left(sp_peer&) noexcept override {}
    reception arrived(sp_peer&, message& what) noexcept override;
    void closing() noexcept override;
    bool wanted(std::string_view text) const noexcept;

    channel<message> matching_;
    std::vector<std::string> prefixes_;
};

}  // namespace lariat
