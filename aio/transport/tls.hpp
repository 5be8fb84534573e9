#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "aio/address.hpp"
#include "aio/any_stream.hpp"
#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/socket.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tls_context.hpp"
#include "aio/transport/tls_engine.hpp"
#include "aio/transport/tls_error.hpp"
#include "aio/transport/tls_session.hpp"
#include "runtime/check.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

template <stream_listener Listener>
class tls_listener;

/// One end of a TLS connection over a stream of any type, and a stream itself. Closes itself.
///
/// Waits of a kind take turns. Whatever is pending, TLS answers the peer as it has to.
/// Errors: of each operation: closed once `close` was called, also for what is pending then;
/// `tls_alert` when the peer gave up; OpenSSL's, for records that are none or were tampered with;
/// those of the stream below, which stay with their direction; not_enough_memory for bytes that
/// came, or were to be sealed: none is lost, and the next operation tries again.
/// Cancel: accepted at once. A cancelled receive took nothing: what has arrived waits for the next.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations.
/// Source: RFC 8446, RFC 5246.
template <stream Stream>
class tls_stream {
  public:
    /// Closed from the start.
    tls_stream() noexcept = default;

    /// At least one byte, as soon as there is one; 0 when the peer is done: it has said so, and all
    /// that it sent has arrived. An empty buffer yields 0 at once. `transfer`.
    /// Errors: tls_error::truncated when the stream below ends before the peer has said so.
    tls_operation<transfer> receive(buffer_view buffer) noexcept {
        return {session_.get(), {.what = tls_wait::kind::receive, .into = buffer}};
    }

    /// Some of the buffer, up to 64 KiB; yields how much was sealed, once the stream below has
    /// taken it. `transfer`. See `write_all`.
    /// Cancel: the count says how much was sealed: the peer will receive it, whatever the error.
    tls_operation<transfer> send(const_buffer_view buffer) noexcept {
        return {session_.get(), {.what = tls_wait::kind::send, .from = buffer}};
    }

    /// `direction::send` says close_notify: the peer receives the end, and can still send.
    /// `result<void>`.
    /// Errors: operation_not_supported for the other directions, of which TLS knows nothing.
    tls_operation<result<void>> shutdown(direction which) noexcept {
        return {session_.get(), {.what = tls_wait::kind::shutdown, .which = which}};
    }

    /// Ends what is pending with `closed`. Does not wait: what was sealed, close_notify and the end
    /// of the stream below go on their way in the background, for ten seconds at most and until the
    /// scheduler stops. Who must know that they have gone awaits `shutdown` first. Twice is fine.
    void close() noexcept {
        if (session_) session_->close();
    }
    bool is_open() const noexcept { return session_ && session_->is_open(); }

    /// Those of the stream below. Errors: bad_file_descriptor once it is closed.
    result<address> local_address() const {
        if (!is_open()) return std::make_error_code(std::errc::bad_file_descriptor);
        return session_->below().local_address();
    }
    result<address> peer_address() const {
        if (!is_open()) return std::make_error_code(std::errc::bad_file_descriptor);
        return session_->below().peer_address();
    }

    /// The socket at the bottom, for options; refers to none where there is none.
    descriptor_ref socket() const noexcept {
        return session_ ? session_->below().socket() : descriptor_ref();
    }

    // Of the connection. Requires: not one that was made closed, or moved from.

    /// New keys for what is sent from now on, and a request to the peer to change its own.
    /// Errors: closed; operation_not_supported before TLS 1.3; broken_pipe once sending was shut
    /// down; what ended sending below.
    result<void> update_keys() noexcept { return session().update_keys(); }

    std::string_view protocol() const noexcept { return engine().protocol(); }
    std::string_view cipher() const noexcept { return engine().cipher(); }
    /// The protocol that both sides agreed on; empty: none.
    std::string alpn() const { return engine().alpn(); }
    /// Whom the client asked for; empty: nobody.
    std::string server_name() const { return engine().server_name(); }
    /// `CN=example.org,O=...`; empty: the peer has shown no certificate.
    std::string peer_subject() const { return engine().peer_subject(); }
    /// SHA-256 of the peer's certificate in 64 hexadecimal digits; or empty.
    std::string peer_fingerprint() const { return engine().peer_fingerprint(); }

    /// The stream below, for options of its own. What is received or sent there is lost to this
    /// one.
    Stream& below() noexcept {
        return *static_cast<Stream*>(session().below().get(&type_tag<Stream>));
    }

  private:
    template <stream_listener Listener>
    friend class tls_listener;
    template <stream Below>
    friend task<result<tls_stream<Below>>> begin_tls(Below below, result<tls_engine> engine,
                                                     duration limit);

    explicit tls_stream(tls_session::owner session) noexcept : session_(std::move(session)) {}

    tls_session& session() const noexcept {
        check(session_ != nullptr, "tls_stream: there is no connection");
        return *session_;
    }
    tls_engine& engine() const noexcept { return session().engine(); }

    tls_session::owner session_;
};

/// What a stream over `below` is made of.
template <stream Below>
tls_session::owner make_tls_session(Below below, tls_engine engine) {
    auto model = std::make_unique<stream_model_of<Below>>(std::move(below));
    return tls_session::owner(new tls_session(std::move(model), std::move(engine)));
}

/// What `tls_connect` and `tls_accept` do once they have an engine.
template <stream Below>
task<result<tls_stream<Below>>> begin_tls(Below below, result<tls_engine> engine, duration limit) {
    if (!engine) co_return engine.error();
    auto session = make_tls_session(std::move(below), *std::move(engine));
    const auto begun = co_await session->begin(limit);
    if (!begun) co_return begun.error();
    co_return tls_stream<Below>(std::move(session));
}

struct tls_connect_options {
    /// Whom the server's certificate must name: a host, or a numeric address. Must be given unless
    /// the context does not verify. A host is also told to the server, which may have several.
    std::string_view server_name = {};
    /// As in `tls_client_options`; if not empty it replaces what stands there.
    std::string_view alpn = {};
    /// For all of the handshake. Ten seconds bear a slow peer, and not a silent one.
    duration limit = std::chrono::seconds(10);
};

struct tls_accept_options {
    /// As in `tls_connect_options`.
    duration limit = std::chrono::seconds(10);
};

// They stand in `co_await` expressions, where GCC 12 destroys what owns something twice.
static_assert(std::is_trivially_destructible_v<tls_client_options>);
static_assert(std::is_trivially_destructible_v<tls_server_options>);
static_assert(std::is_trivially_destructible_v<tls_connect_options>);

/// Speaks TLS over a stream that is connected, as its client.
///
///     auto below = co_await or_return(co_await connect_tcp(peer));
///     auto peer = co_await tls_connect(std::move(below), context, {.server_name = "example.org"});
///
/// Errors: `certificate_error` if the server's certificate is not accepted; `tls_alert` if the
/// server gives up; timed_out after `limit`; tls_error::truncated if the stream ends;
/// invalid_argument as `tls_engine::client`; OpenSSL's, if the peer speaks something else; those of
/// the stream; canceled.
/// Lifetime: names are copied.
template <stream Stream>
task<result<tls_stream<Stream>>> tls_connect(Stream below, const tls_context& context,
                                             const tls_connect_options& options) {
    return begin_tls<Stream>(std::move(below),
                             tls_engine::client(context, options.server_name, options.alpn),
                             options.limit);
}

/// The same as its server. Which name the client asked for is in the result.
/// Errors: as `tls_connect`; tls_error::no_peer_certificate, tls_error::unknown_name. Rethrows what
/// a chooser throws. A client whose certificate is not accepted may have ended its handshake with
/// success: with TLS 1.3 it learns of it when it first receives.
template <stream Stream>
task<result<tls_stream<Stream>>> tls_accept(Stream below, const tls_context& context,
                                            const tls_accept_options& options = {}) {
    return begin_tls<Stream>(std::move(below), tls_engine::server(context), options.limit);
}

}  // namespace lariat
