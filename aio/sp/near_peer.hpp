#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "aio/sp/peer.hpp"
#include "runtime/event.hpp"

namespace lariat {

/// A peer whose socket lives on the same thread: a message goes straight to where it is received.
class near_peer final : public sp_peer {
  public:
    using pair = std::pair<std::unique_ptr<near_peer>, std::unique_ptr<near_peer>>;

    /// Errors: throws `std::bad_alloc`.
    static pair make(sp_rules& one, std::size_t most_kept_by_one, sp_rules& other,
                     std::size_t most_kept_by_other);
    near_peer(sp_rules& owner, std::size_t most_kept) : sp_peer(owner, most_kept) {}
    ~near_peer() override { disconnect(); }

    bool try_send(message& what) noexcept override;
    bool has_room() const noexcept override { return other_ && !other_->holds_up(); }
    bool send_beyond(message& what) noexcept override;
    void send_newest(message what) noexcept override { (void)try_send(what); }
    task<> run() noexcept override { return std::move(running_); }
    void end() noexcept override { ending_.set(); }
    void disconnect() noexcept override;

  private:
    void go_on() noexcept override {
        if (other_) other_->owner_.has_room(*other_);
    }

    task<> until_the_end() { (void)co_await ending_.wait(); }

    near_peer* other_ = nullptr;
    event ending_;
    task<> running_ = until_the_end();
};

}  // namespace lariat
