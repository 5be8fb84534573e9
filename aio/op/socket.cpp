#include "aio/op/socket.hpp"

#include <errno.h>
#include <liburing.h>

#include <cstdint>

#include "aio/op/direct_place.hpp"
#include "aio/op/transfer_hints.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/kernel_abi.hpp"

namespace lariat {
namespace {

completion_event event_of(int outcome) noexcept { return {outcome < 0 ? -errno : outcome, 0}; }

std::uint16_t accept_hints(bool poll_first) noexcept {
    return poll_first && capabilities().since({6, 10}) ? kernel::accept_poll_first : 0;
}

}  // namespace

void socket::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_socket(&entry, static_cast<int>(family),
                         static_cast<int>(type) | flags_into(into, SOCK_CLOEXEC), protocol, 0);
    choose_place(entry, into);
}

void bind::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(kernel::op_bind, &entry, socket.number(), address.data(), 0, address.size());
    entry.flags = socket.entry_flags();
}

bool bind::supported(const ring& kernel) noexcept { return kernel.supports(kernel::op_bind); }

completion_event bind::fallback() const noexcept {
    return event_of(::bind(socket.process_number(), address.data(), address.size()));
}

void listen::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(kernel::op_listen, &entry, socket.number(), nullptr,
                     static_cast<unsigned>(backlog), 0);
    entry.flags = socket.entry_flags();
}

bool listen::supported(const ring& kernel) noexcept { return kernel.supports(kernel::op_listen); }

completion_event listen::fallback() const noexcept {
    return event_of(::listen(socket.process_number(), backlog));
}

void accept::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_accept(&entry, socket.number(), nullptr, nullptr, flags_into(into, SOCK_CLOEXEC));
    entry.ioprio = accept_hints(poll_first);
    entry.flags = socket.entry_flags();
    choose_place(entry, into);
}

void accept::prepare_multishot(io_uring_sqe& entry) const noexcept {
    prepare(entry);
    entry.ioprio |= IORING_ACCEPT_MULTISHOT;
}

remedy accept::remedy_for(std::error_code why) noexcept {
    if (why.category() != std::generic_category()) return remedy::none;
    switch (why.value()) {
        case ECONNABORTED:
        case EPROTO:
        case ENOPROTOOPT:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENONET:
        case ETIMEDOUT:
        case EPERM:
            return remedy::retry;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            return remedy::wait;
        default:
            return remedy::none;
    }
}

address address_storage::read() const noexcept {
    const auto known = address::from(reinterpret_cast<const sockaddr*>(&bytes), size);
    return known ? *known : address();
}

void accept_from::prepare(io_uring_sqe& entry) const noexcept {
    storage.size = sizeof storage.bytes;
    io_uring_prep_accept(&entry, socket.number(), reinterpret_cast<sockaddr*>(&storage.bytes),
                         &storage.size, flags_into(into, SOCK_CLOEXEC));
    entry.ioprio = accept_hints(poll_first);
    entry.flags = socket.entry_flags();
    choose_place(entry, into);
}

void connect::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_connect(&entry, socket.number(), address.data(), address.size());
    entry.flags = socket.entry_flags();
}

void shutdown::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_shutdown(&entry, socket.number(), static_cast<int>(direction));
    entry.flags = socket.entry_flags();
}

void receive::prepare(io_uring_sqe& entry) const noexcept {
    // Asked for no bytes, the kernel would still wait until there are some.
    if (buffer.empty() && flags == 0) [[unlikely]]
        return io_uring_prep_nop(&entry);
    io_uring_prep_recv(&entry, socket.number(), buffer.data(), buffer.transfer_size(), flags);
    entry.ioprio = transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
}

void send::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_send(&entry, socket.number(), buffer.data(), buffer.transfer_size(),
                       flags | MSG_NOSIGNAL);
    entry.ioprio = transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
}

}  // namespace lariat
