#include "aio/transport/tcp.hpp"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "runtime/event.hpp"
#include "runtime/within.hpp"

namespace lariat {
namespace {

result<void> outcome_of(int status) noexcept {
    if (status < 0) return kernel_error(errno);
    return {};
}

result<void> set_option(descriptor_ref socket, int level, int option, int value) noexcept {
    return outcome_of(::setsockopt(socket.process_number(), level, option, &value, sizeof value));
}

result<address> address_by(int (*ask)(int, sockaddr*, socklen_t*), descriptor_ref socket) noexcept {
    address_storage storage;
    auto* const bytes = reinterpret_cast<sockaddr*>(&storage.bytes);
    if (ask(socket.process_number(), bytes, &storage.size) < 0) return kernel_error(errno);
    return address::from(bytes, storage.size);
}

bool is_of_tcp(const address& where) noexcept {
    return where.family() == address_family::v4 || where.family() == address_family::v6;
}

result<descriptor> listening_socket(const address& where, const tcp_listen_options& options) {
    if (!is_of_tcp(where)) return std::make_error_code(std::errc::address_family_not_supported);
    auto socket = descriptor::adopt(
        ::socket(static_cast<int>(where.family()), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
    if (!socket) return kernel_error(errno);

    const struct {
        bool wanted;
        int level;
        int name;
    } switches[] = {
        {options.reuse_address, SOL_SOCKET, SO_REUSEADDR},
        {options.reuse_port, SOL_SOCKET, SO_REUSEPORT},
        {options.no_delay, IPPROTO_TCP, TCP_NODELAY},  // Accepted sockets inherit it.
    };
    for (const auto& each : switches) {
        if (!each.wanted) continue;
        const auto set = set_option(socket, each.level, each.name, 1);
        if (!set) return set.error();
    }
    if (where.family() == address_family::v6) {
        const auto set = set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only ? 1 : 0);
        if (!set) return set.error();
    }
    auto done = outcome_of(::bind(socket.number(), where.data(), where.size()));
    if (done) done = outcome_of(::listen(socket.number(), options.backlog));
    if (!done) return done.error();
    return socket;
}

}  // namespace

result<address> tcp_stream::local_address() const noexcept {
    return address_by(&::getsockname, socket());
}

result<address> tcp_stream::peer_address() const noexcept {
    return address_by(&::getpeername, socket());
}

result<void> tcp_stream::set_no_delay(bool at_once) noexcept {
    return set_option(socket(), IPPROTO_TCP, TCP_NODELAY, at_once ? 1 : 0);
}

struct tcp_listener::state {
    guarded_descriptor socket;
    event closing;  // Ends the pause of an accept that has nothing to accept with.
};

tcp_listener::tcp_listener(std::shared_ptr<state> door) noexcept : door_(std::move(door)) {}

tcp_listener::owner& tcp_listener::owner::operator=(owner&& other) noexcept {
    owner(std::move(other)).door_.swap(door_);
    return *this;
}

void tcp_listener::owner::close() noexcept {
    if (!door_) return;
    door_->socket.close();
    door_->closing.set();
}

result<tcp_listener> tcp_listener::open(const address& where, tcp_listen_options options) {
    auto socket = listening_socket(where, options);
    if (!socket) return socket.error();
    auto door = std::make_shared<state>();
    door->socket = guarded_descriptor(*std::move(socket));
    return tcp_listener(std::move(door));
}

void tcp_listener::close() noexcept { door_.close(); }

result<address> tcp_listener::local_address() const noexcept {
    return address_by(&::getsockname, door_.get() ? door_.get()->socket.ref() : descriptor_ref());
}

task<result<tcp_stream>> tcp_listener::accept() { return accept_at(door_.get()); }

task<result<tcp_stream>> tcp_listener::accept_at(std::shared_ptr<state> door) {
    if (!door) co_return error::closed;
    growing_pause pause;
    for (;;) {
        auto peer = co_await door->socket.guard(lariat::accept{.socket = door->socket.ref()});
        if (peer) co_return tcp_stream(*std::move(peer));
        switch (lariat::accept::remedy_for(peer.error())) {
            case remedy::none:
                co_return peer.error();
            case remedy::retry:
                continue;
            case remedy::wait:
                break;
        }
        const auto closed = co_await within(pause.next(), door->closing.wait());
        if (closed) co_return error::closed;
        if (closed.error() != make_error_code(error::timed_out)) co_return closed.error();
    }
}

task<result<tcp_stream>> connect_tcp(address peer) {
    if (!is_of_tcp(peer)) co_return std::make_error_code(std::errc::address_family_not_supported);
    auto socket = co_await lariat::socket{.family = peer.family()};
    if (!socket) co_return socket.error();
    const auto set = set_option(*socket, IPPROTO_TCP, TCP_NODELAY, 1);
    if (!set) co_return set.error();
    const auto connected = co_await connect{.socket = *socket, .address = peer};
    if (!connected) co_return connected.error();
    co_return tcp_stream(*std::move(socket));
}

}  // namespace lariat
