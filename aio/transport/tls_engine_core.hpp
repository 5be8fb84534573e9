#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <system_error>

#include "aio/transport/tls_bytes.hpp"
#include "aio/transport/tls_context.hpp"
#include "aio/transport/tls_engine.hpp"
#include "aio/transport/tls_openssl.hpp"

namespace lariat {

/// OpenSSL's connection and the bytes on both sides of it. OpenSSL knows it by its address.
struct tls_engine::core {
    explicit core(const tls_context& with) : context(with) {}

    /// Makes OpenSSL's part. Errors: not_enough_memory, OpenSSL's.
    std::error_code open() noexcept;

    /// Where OpenSSL keeps the address for us.
    static constexpr int application = 0;

    static core& of(const SSL& native) noexcept {
        return *static_cast<core*>(::SSL_get_ex_data(&native, application));
    }

    /// The context whose rules hold: the chosen one, if one was chosen.
    const tls_context::state& rules() const noexcept {
        return chosen ? chosen->shared() : context.shared();
    }

    /// What it means that a call of OpenSSL did not succeed. Anything but a wish for input is the
    /// end.
    tls_step unfinished(int answer) noexcept;
    tls_step fail(std::error_code why) noexcept;

    tls_context context;
    std::optional<tls_context> chosen;
    std::optional<std::string> asked;  ///< The name in the first hello; empty: none.
    ssl_owner ssl;

    tls_bytes incoming;
    std::size_t room_wanted = 4096;
    tls_bytes queued;   ///< What OpenSSL adds to.
    tls_bytes sending;  ///< What the transport reads, and nobody moves.

    std::error_code failure;
    std::error_code refusal;    ///< Why a callback of ours ended the handshake.
    std::exception_ptr thrown;  ///< By a chooser.
    bool said_goodbye = false;
};

}  // namespace lariat
