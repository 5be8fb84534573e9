#include "aio/transport/socket_listener.hpp"

#include <optional>

#include "aio/op/multishot.hpp"
#include "aio/op/socket.hpp"
#include "aio/transport/socket_calls.hpp"
#include "runtime/mutex.hpp"

namespace lariat {
namespace {

// Enough to go on with while the server is busy. They hold a descriptor each, whether or not
// anybody asks for them.
constexpr std::size_t accepted_ahead = 16;

}  // namespace

struct socket_listener::state {
    explicit state(descriptor listening) noexcept : socket(std::move(listening)) {}

    /// The kernel lets go of the socket, peers that nobody asked for are closed, and its name is
    /// free.
    /// Requires: nobody waits for a peer.
    void end() noexcept {
        arriving.reset();
        socket = {};
    }

    /// A scheduler that ends takes the entry of its ring with it.
    multishot<lariat::accept>& peers() {
        if (!arriving || arriving->ended())
            arriving.emplace(lariat::accept{.socket = socket},
                             multishot_options{.queued = accepted_ahead});
        return *arriving;
    }

    descriptor socket;
    std::optional<multishot<lariat::accept>> arriving;
    mutex one_by_one;
    bool closed = false;
};

namespace {

/// Whoever accepted last after a close leaves nothing behind.
template <class State>
class last_one_out {
  public:
    explicit last_one_out(State& door) noexcept : door_(door) {}
    last_one_out(const last_one_out&) = delete;
    last_one_out& operator=(const last_one_out&) = delete;
    ~last_one_out() {
        if (door_.closed) door_.end();
    }

  private:
    State& door_;
};

}  // namespace

socket_listener::socket_listener(descriptor socket)
    : door_(std::make_shared<state>(std::move(socket))) {}

socket_listener::owner& socket_listener::owner::operator=(owner&& other) noexcept {
    owner(std::move(other)).door_.swap(door_);
    return *this;
}

void socket_listener::owner::close() noexcept {
    if (!door_ || door_->closed) return;
    door_->closed = true;
    if (!door_->one_by_one.locked()) return door_->end();
    if (door_->arriving) door_->arriving->close();
}

bool socket_listener::is_open() const noexcept { return door_.get() && !door_.get()->closed; }

descriptor_ref socket_listener::socket() const noexcept {
    return is_open() ? descriptor_ref(door_.get()->socket) : descriptor_ref();
}

result<address> socket_listener::local_address() const noexcept {
    return address_by(&::getsockname, socket());
}

task<result<descriptor>> socket_listener::accept() { return accept_at(door_.get()); }

task<result<descriptor>> socket_listener::accept_at(std::shared_ptr<state> door) {
    if (!door) co_return error::closed;
    const auto turn = co_await door->one_by_one.lock();
    if (!turn) co_return turn.error();
    const last_one_out leaving(*door);
    if (door->closed) co_return error::closed;
    co_return co_await door->peers().next();
}

}  // namespace lariat
