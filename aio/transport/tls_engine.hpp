#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "aio/buffer.hpp"
#include "aio/transport/tls_context.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// What one step of an engine came to.
struct tls_step {
    std::size_t count = 0;  ///< Plain bytes that were moved.
    std::error_code error = {};
    bool wants_input = false;  ///< It goes on when more has arrived.
};

/// TLS without a transport: bytes of the peer go in, plain bytes come out, and the other way round.
/// It never waits. `tls_stream` is one over a byte stream.
///
///     network -> room, arrived -> read  -> application
///     network <- output, sent  <- write <- application
///
/// Every step may leave something to be sent: `output` says what. An error stays: each later step
/// has the same one.
/// Threads: one at a time.
class tls_engine {
  public:
    /// Opens a connection. `server_name` is whom the certificate must name, a host or a numeric
    /// address, among its alternative names: what its subject says does not count. It is told to
    /// the server if it is a host. `alpn` replaces the context's if not empty.
    /// Errors: invalid_argument without a name to verify, for one that is none, such as
    /// `.example.org`, for a list of protocols that is none, and for the context of a server;
    /// not_enough_memory.
    /// Source: RFC 9525, 6.
    static result<tls_engine> client(const tls_context& context, std::string_view server_name,
                                     std::string_view alpn = {});

    /// Accepts a connection. Errors: invalid_argument for the context of a client;
    /// not_enough_memory.
    static result<tls_engine> server(const tls_context& context);

    tls_engine(tls_engine&&) noexcept;
    tls_engine& operator=(tls_engine&&) noexcept;
    ~tls_engine();

    // What the application does.

    /// Goes on with the handshake until it is done or wants input. Rethrows what a chooser throws.
    /// Errors: `certificate_error`, `tls_alert`, `tls_error`, OpenSSL's.
    tls_step shake_hands();

    /// Takes what has arrived. Returns: 0 for a buffer that is not empty when the peer has ended
    /// its side with close_notify.
    tls_step read(buffer_view into) noexcept;

    /// Takes plain bytes, at most `most_at_once`, and seals them.
    /// Errors: also broken_pipe after `end`; not_enough_memory, which is none for good.
    tls_step write(const_buffer_view from) noexcept;

    /// Says close_notify: nothing will be written any more. Twice is fine.
    tls_step end() noexcept;

    /// What is written from here on is under new keys, and the peer is asked to change its own.
    /// Errors: operation_not_supported before TLS 1.3; broken_pipe after `end`.
    std::error_code update_keys() noexcept;

    // What the transport does.

    /// Returns: where to put what arrives; `arrived` says how much that is. It grows with what
    /// comes, from 4 to 64 KiB. Errors: not_enough_memory.
    result<buffer_view> room() noexcept;
    void arrived(std::size_t count) noexcept;

    /// Returns: what is to be sent first; stays where it is until all of it is `sent`, whatever
    /// steps are taken meanwhile. Empty: nothing.
    const_buffer_view output() noexcept;
    bool has_output() const noexcept;
    void sent(std::size_t count) noexcept;

    /// After `shake_hands`: the handshake is done, and what is left to be sent are tickets, for
    /// which no client waits.
    bool only_tickets_left() const noexcept;

    /// So much is to be sent that a peer who sees to it that it gets more should wait.
    bool crowded() const noexcept;

    // Who there is, once the handshake is done.

    std::string_view protocol() const noexcept;  ///< "TLSv1.3"
    std::string_view cipher() const noexcept;    ///< "TLS_AES_256_GCM_SHA384"
    std::string alpn() const;                    ///< Empty: none was agreed on.
    std::string server_name() const;             ///< Whom the client asked for; empty: nobody.
    std::string peer_subject() const;            ///< "CN=example.org,O=..."; empty: no certificate.
    std::string peer_fingerprint()
        const;  ///< SHA-256 of its certificate, in hexadecimal; or empty.

    /// A record has 16 KiB: so many bytes are sealed, and then sent, in one step.
    static constexpr std::size_t most_at_once = 64 * 1024;

    struct core;  ///< Of the library's own.

  private:
    struct destroy {
        void operator()(core* engine) const noexcept;
    };
    using owner = std::unique_ptr<core, destroy>;

    explicit tls_engine(owner made) noexcept;

    owner core_;
};

}  // namespace lariat
