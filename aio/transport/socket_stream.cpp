#include "aio/transport/socket_stream.hpp"

#include <limits.h>

#include "aio/transport/socket_calls.hpp"

namespace lariat {
namespace {

int as_option(std::size_t bytes) noexcept {
    return static_cast<int>(std::min<std::size_t>(bytes, INT_MAX));
}

}  // namespace

result<address> socket_stream::local_address() const noexcept {
    return address_by(&::getsockname, socket());
}

result<address> socket_stream::peer_address() const noexcept {
    return address_by(&::getpeername, socket());
}

result<void> socket_stream::set_receive_buffer(std::size_t bytes) noexcept {
    return set_socket_option(socket(), SOL_SOCKET, SO_RCVBUF, as_option(bytes));
}

result<void> socket_stream::set_send_buffer(std::size_t bytes) noexcept {
    return set_socket_option(socket(), SOL_SOCKET, SO_SNDBUF, as_option(bytes));
}

}  // namespace lariat
