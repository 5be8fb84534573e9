#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "aio/sp/peer.hpp"
#include "runtime/channel_queue.hpp"
#include "runtime/event.hpp"
#include "runtime/home.hpp"

namespace lariat {

class far_peer;

/// Messages between two sockets whose homes are on different threads. It lives until both ends
/// have let go.
///
/// Invariants, under the lock:
/// 1. `end::peer` is set while that end is there and its home may be posted to.
/// 2. `end::posted` is set from the post until the arrival: a node is in one mailbox once.
/// 3. Once `over` is set, nothing is added to either end.
class far_link {
  public:
    enum class side : std::uint8_t { dialed, listened };

    /// Errors: throws `std::bad_alloc`; there is room for one message each way from here on.
    explicit far_link(std::size_t most_on_the_way);

    /// Nobody will take the other end, or one of the ends has gone.
    void end() noexcept;

    /// Whether that is so: then what is on the way is all that ever will be.
    bool is_over() noexcept;

  private:
    friend class far_peer;

    /// What comes to one of the ends.
    struct end_state {
        channel_queue<message> coming;
        std::size_t bytes = 0;
        far_peer* peer = nullptr;
        bool posted = false;
        bool refused = false;   // The other end wants to know when there is room.
        bool may_send = false;  // The other end has room again.
    };

    end_state& at(side which) noexcept { return ends_[static_cast<std::size_t>(which)]; }
    static side other(side which) noexcept {
        return which == side::dialed ? side::listened : side::dialed;
    }

    bool full(const end_state& to) const noexcept {
        return to.coming.size() >= most_ || to.bytes >= message_queue::most_bytes;
    }
    bool roomy(const end_state& to) const noexcept {
        return to.coming.size() <= most_ / 2 && to.bytes <= message_queue::most_bytes / 2;
    }
    static void post_news(end_state& to) noexcept;

    const std::size_t most_;
    std::mutex lock_;
    std::array<end_state, 2> ends_;
    bool over_ = false;
};

/// A peer whose socket lives on another thread. What has come and finds no memory here stays with
/// it, and what comes behind it too, until what it has kept was received; so does the connection,
/// if the other end has gone and its socket wants what is left.
class far_peer final : public sp_peer {
  public:
    /// One that has not begun leaves no trace on the side that listens; another may take its place.
    /// Errors: throws `std::bad_alloc`.
    far_peer(sp_rules& owner, std::size_t most_kept, std::shared_ptr<far_link> link,
             far_link::side which);
    ~far_peer() override;

    void begin() noexcept override;
    bool try_send(message& what) noexcept override;
    bool has_room() const noexcept override;
    bool send_beyond(message& what) noexcept override;
    void send_newest(message what) noexcept override;
    task<> run() noexcept override { return std::move(running_); }
    void end() noexcept override { ending_.set(); }
    void disconnect() noexcept override;

  private:
    friend class far_link;

    /// What the other end posts.
    class news final : public runnable {
      public:
        explicit news(far_peer& whom) noexcept : whom_(whom) {}

      private:
        void run() noexcept override {}
        void arrive() noexcept override { whom_.look(); }

        far_peer& whom_;
    };

    task<> until_the_end() { (void)co_await ending_.wait(); }
    void go_on() noexcept override { deliver(); }
    bool has_begun(const far_link::end_state& there) const noexcept;
    bool put(message& what) noexcept;
    void look() noexcept;
    bool fetch() noexcept;
    bool hand_on() noexcept;
    void deliver() noexcept;

    home& home_ = home::current();
    const std::shared_ptr<far_link> link_;
    const far_link::side side_;
    news news_{*this};
    channel_queue<message> come_;  // Taken from the link, and not delivered.
    event ending_;
    task<> running_ = until_the_end();
    bool delivering_ = false;
    bool last_ = false;  // The other end has gone: nothing more will be in the link.
};

}  // namespace lariat
