#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "aio/address.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/socket.hpp"
#include "runtime/error.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// What a system call of sockets returned, as an outcome.
inline result<void> outcome_of(int status) noexcept {
    if (status < 0) return kernel_error(errno);
    return {};
}

template <class Value>
result<void> set_socket_option(descriptor_ref socket, int level, int option,
                               const Value& value) noexcept {
    return outcome_of(::setsockopt(socket.process_number(), level, option, &value, sizeof value));
}

template <class Value>
result<Value> socket_option_of(descriptor_ref socket, int level, int option) noexcept {
    Value value{};
    socklen_t size = sizeof value;
    if (::getsockopt(socket.process_number(), level, option, &value, &size) < 0)
        return kernel_error(errno);
    return value;
}

/// The ring waits by itself, and takes a non-blocking socket for one that is not to be waited for.
inline result<void> set_blocking(descriptor_ref socket) noexcept {
    const int flags = ::fcntl(socket.process_number(), F_GETFL);
    if (flags < 0) return kernel_error(errno);
    return outcome_of(::fcntl(socket.process_number(), F_SETFL, flags & ~O_NONBLOCK));
}

/// What getsockname(2) or getpeername(2) says.
inline result<address> address_by(int (*ask)(int, sockaddr*, socklen_t*),
                                  descriptor_ref socket) noexcept {
    address_storage storage;
    auto* const bytes = reinterpret_cast<sockaddr*>(&storage.bytes);
    if (ask(socket.process_number(), bytes, &storage.size) < 0) return kernel_error(errno);
    return address::from(bytes, storage.size);
}

}  // namespace lariat
