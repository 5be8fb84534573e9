#include "aio/op/socket_option.hpp"

#include <errno.h>
#include <liburing.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "runtime/kernel_abi.hpp"

namespace lariat {
namespace {

constexpr kernel_version socket_commands{6, 7};

void prepare_command(io_uring_sqe& entry, descriptor_ref socket, std::uint32_t command) noexcept {
    io_uring_prep_rw(IORING_OP_URING_CMD, &entry, socket.number(), nullptr, 0, 0);
    entry.flags = socket.entry_flags();
    entry.cmd_op = command;
}

// Level and name share the place of the address, the size that of the file's index.
void prepare_option(io_uring_sqe& entry, int level, int option, const void* value,
                    std::uint32_t size) noexcept {
    entry.addr = static_cast<std::uint32_t>(level) |
                 static_cast<std::uint64_t>(static_cast<std::uint32_t>(option)) << 32;
    entry.addr3 = reinterpret_cast<std::uint64_t>(value);
    entry.file_index = size;
}

completion_event event_of(int outcome, int value = 0) noexcept {
    return {outcome < 0 ? -errno : value, 0};
}

completion_event asked(descriptor_ref socket, unsigned long request) noexcept {
    int bytes = 0;
    const int outcome = ::ioctl(socket.process_number(), request, &bytes);
    return event_of(outcome, bytes);
}

}  // namespace

void get_option::prepare(io_uring_sqe& entry) const noexcept {
    prepare_command(entry, socket, kernel::socket_command_get_option);
    prepare_option(entry, level, option, value_into.data(), value_into.transfer_size());
}

bool get_option::supported(const ring& kernel) const noexcept {
    return kernel.since(socket_commands) && (level == SOL_SOCKET || socket.is_direct());
}

completion_event get_option::fallback() const noexcept {
    socklen_t size = value_into.transfer_size();
    const int outcome =
        ::getsockopt(socket.process_number(), level, option, value_into.data(), &size);
    return event_of(outcome, static_cast<int>(size));
}

void set_option::prepare(io_uring_sqe& entry) const noexcept {
    prepare_command(entry, socket, kernel::socket_command_set_option);
    prepare_option(entry, level, option, value_from.data(), value_from.transfer_size());
}

bool set_option::supported(const ring& kernel) noexcept { return kernel.since(socket_commands); }

completion_event set_option::fallback() const noexcept {
    return event_of(::setsockopt(socket.process_number(), level, option, value_from.data(),
                                 value_from.transfer_size()));
}

void unread_bytes::prepare(io_uring_sqe& entry) const noexcept {
    prepare_command(entry, socket, kernel::socket_command_bytes_in);
}

bool unread_bytes::supported(const ring& kernel) const noexcept {
    return socket.is_direct() && kernel.since(socket_commands);
}

completion_event unread_bytes::fallback() const noexcept { return asked(socket, SIOCINQ); }

void unsent_bytes::prepare(io_uring_sqe& entry) const noexcept {
    prepare_command(entry, socket, kernel::socket_command_bytes_out);
}

bool unsent_bytes::supported(const ring& kernel) const noexcept {
    return socket.is_direct() && kernel.since(socket_commands);
}

completion_event unsent_bytes::fallback() const noexcept { return asked(socket, SIOCOUTQ); }

}  // namespace lariat
