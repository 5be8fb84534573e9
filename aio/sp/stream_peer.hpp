#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "aio/sp/message_pipe.hpp"
#include "aio/sp/options.hpp"
#include "aio/sp/peer.hpp"
#include "runtime/auto_event.hpp"

namespace lariat {

/// When a peer takes another message.
enum class sp_pace : std::uint8_t {
    queued,      ///< While its queue has room.
    one_by_one,  ///< When the last one has left; `refill` gives it more.
};

/// A peer at the other end of a stream of bytes, which has greeted. Where it finds no memory, for
/// what comes or what goes, it waits for some and goes on where it was; it is lost only after ten
/// seconds in vain.
class stream_peer final : public sp_peer {
  public:
    stream_peer(sp_rules& owner, message_pipe&& pipe, const sp_options& options, sp_pace pace);
    ~stream_peer() override { disconnect(); }

    bool try_send(message& what) noexcept override;
    bool has_room() const noexcept override;
    bool send_beyond(message& what) noexcept override;
    void send_newest(message what) noexcept override;
    bool enqueue(message_queue& from) noexcept override;
    task<> run() noexcept override { return std::move(running_); }
    void end() noexcept override { ending_.set(); }
    void disconnect() noexcept override;

  private:
    static constexpr std::size_t most_held = 16;

    task<> talk(task<> receiving, task<> sending);
    task<> receive_all();
    task<> send_all();
    void go_on() noexcept override { roomy_.set(); }
    void compose() noexcept;
    void let_go_of_held() noexcept;
    void batch_has_left() noexcept;
    void tell_room() noexcept;

    std::optional<message_pipe> pipe_;  // Until it is disconnected.
    const sp_pace pace_;
    message_queue outgoing_;
    auto_event sendable_;
    auto_event roomy_;
    event ending_;
    std::array<message, most_held> held_;  // Large ones that are being sent.
    std::size_t held_count_ = 0;
    std::size_t leaving_ = 0;  // Messages that are being sent.
    bool refusing_ = false;    // `has_room` has to be called.
    task<> running_ = talk(receive_all(), send_all());
};

}  // namespace lariat
