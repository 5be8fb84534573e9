#include "aio/transport/adopted.hpp"

#include <fcntl.h>

#include <utility>

#include "aio/transport/socket_calls.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/unix.hpp"

namespace lariat {
namespace {

enum class role : bool { connected, listening };

/// Returns: of which family it is.
result<address_family> examine(int number, role wanted) noexcept {
    const auto type = socket_option_of<int>(number, SOL_SOCKET, SO_TYPE);
    if (!type) return type.error();
    if (*type != SOCK_STREAM) return std::make_error_code(std::errc::wrong_protocol_type);
    const auto family = socket_option_of<int>(number, SOL_SOCKET, SO_DOMAIN);
    if (!family) return family.error();
    const auto listens = socket_option_of<int>(number, SOL_SOCKET, SO_ACCEPTCONN);
    if (!listens) return listens.error();
    if (wanted == role::listening && *listens == 0)
        return std::make_error_code(std::errc::invalid_argument);
    if (wanted == role::connected) {
        const auto peer = address_by(&::getpeername, number);
        if (!peer) return peer.error();
    }
    switch (const auto known = address_family(*family)) {
        case address_family::v4:
        case address_family::v6:
        case address_family::unix_domain:
            return known;
        default:
            return std::make_error_code(std::errc::address_family_not_supported);
    }
}

result<descriptor> taken_over(int number) noexcept {
    auto ready = set_blocking(number);
    if (ready) ready = outcome_of(::fcntl(number, F_SETFD, FD_CLOEXEC));
    if (!ready) return ready.error();
    return descriptor::adopt(number);
}

template <class Any, class Tcp, class Unix>
result<Any> adopted(int number, role wanted) {
    const auto family = examine(number, wanted);
    if (!family) return family.error();
    auto socket = taken_over(number);
    if (!socket) return socket.error();
    if (*family == address_family::unix_domain) return Any(Unix(*std::move(socket)));
    return Any(Tcp(*std::move(socket)));
}

}  // namespace

result<any_stream> adopt_stream(int number) {
    return adopted<any_stream, tcp_stream, unix_stream>(number, role::connected);
}

result<any_listener> adopt_listener(int number) {
    return adopted<any_listener, tcp_listener, unix_listener>(number, role::listening);
}

}  // namespace lariat
