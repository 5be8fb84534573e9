#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "aio/buffer.hpp"
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

/// A session over a stream: the stream's operations as tasks. `Stream` is a type, or a reference to
/// one that outlives the session.
template <class Stream>
class tls_session_over final : public tls_session {
  public:
    tls_session_over(Stream&& below, tls_engine engine)
        : tls_session(std::move(engine)), below_(std::forward<Stream>(below)) {}

    auto& below() noexcept { return below_; }

  private:
    task<transfer> receive_below(buffer_view buffer) override {
        const auto step = co_await below_.receive(buffer);
        co_return as_transfer(step);
    }

    task<transfer> send_below(const_buffer_view buffer) override {
        const auto step = co_await below_.send(buffer);
        co_return as_transfer(step);
    }

    static transfer as_transfer(const transfer& step) noexcept { return step; }
    static transfer as_transfer(const result<std::size_t>& step) noexcept {
        return step ? transfer(*step) : transfer(step.error(), 0);
    }

    void close_below() noexcept override {
        if constexpr (requires { below_.close(); }) below_.close();
    }

    Stream below_;
};

/// One end of a TLS connection over a byte stream, and a byte stream itself. Closes itself.
///
/// `Stream` is the type of a stream that it owns, or a reference to one that outlives it.
///
/// One receive and one send may be pending at a time; two of a kind take turns. Every operation may
/// do what TLS has to do besides: answer the peer, or wait for its answer.
/// Errors: of each operation: closed once `close` was called, also for what is pending then;
/// `tls_alert` when the peer gave up; tls_error::interrupted after an operation was destroyed
/// before it ended, which leaves unknown how much of a record was sent or received; OpenSSL's, for
/// records that are none or were tampered with; those of the stream below.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations;
/// those of a stream below that cannot be closed go on.
/// Source: RFC 8446, RFC 5246.
template <class Stream>
class tls_stream {
  public:
    /// Closed from the start.
    tls_stream() noexcept = default;
    tls_stream(tls_stream&&) noexcept = default;
    tls_stream& operator=(tls_stream&& other) noexcept {
        tls_stream gone(std::move(other));
        std::swap(session_, gone.session_);
        return *this;
    }
    ~tls_stream() { close(); }

    /// Receives at least one byte; yields how many, 0 when the peer is done: only then has all that
    /// it sent arrived. An empty buffer yields 0 at once. `result<std::size_t>`.
    /// Errors: tls_error::truncated when the stream below ends before that.
    /// Cancel: nothing is taken. What has arrived of a record stays for the next receive.
    task<result<std::size_t>> receive(buffer_view buffer) {
        return tls_session::receive(session_, buffer);
    }

    /// Sends at most 64 KiB of the buffer; yields how many. `transfer`. See `write_all`.
    /// Errors: also with a count: so much was sealed before. It will be sent, by the next operation
    /// of either direction, and must not be given again.
    /// Cancel: as an error. A record that was begun is finished later, before anything else.
    task<transfer> send(const_buffer_view buffer) { return tls_session::send(session_, buffer); }

    /// `direction::send` says close_notify: the peer reads the end of the stream, and can still
    /// send. The stream below stays open. `result<void>`.
    /// Errors: operation_not_supported for the other directions, of which TLS knows nothing.
    task<result<void>> shutdown(direction which) { return tls_session::shutdown(session_, which); }

    /// Closes the stream below, at once: what is pending ends with `closed`. The peer takes it for
    /// an end cut short unless `shutdown` came before. Twice is fine.
    void close() noexcept {
        if (session_) session_->close();
    }
    bool is_open() const noexcept { return session_ && session_->is_open(); }

    /// New keys for what is sent from now on, and a request to the peer to change its own; goes out
    /// with the next operation.
    /// Errors: operation_not_supported before TLS 1.3.
    result<void> update_keys() noexcept { return engine().update_keys(); }

    // Who there is. Requires: not one that was made closed, or moved from.

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

    /// The stream below, for its addresses and options. What is received or sent there is lost to
    /// this one.
    auto& below() noexcept { return session().below(); }

  private:
    template <class Below>
    friend task<result<tls_stream<Below>>> begin_tls(Below below, result<tls_engine> engine,
                                                     duration limit);

    using session_over = tls_session_over<Stream>;

    explicit tls_stream(tls_session::reference session) noexcept : session_(std::move(session)) {}

    session_over& session() const noexcept {
        check(static_cast<bool>(session_), "tls_stream: there is no connection");
        return static_cast<session_over&>(*session_.get());
    }
    tls_engine& engine() const noexcept { return session().engine(); }

    tls_session::reference session_;
};

/// What `tls_connect` and `tls_accept` do once they have an engine.
template <class Below>
task<result<tls_stream<Below>>> begin_tls(Below below, result<tls_engine> engine, duration limit) {
    if (!engine) co_return engine.error();
    const tls_session::reference session(
        new tls_session_over<Below>(std::forward<Below>(below), *std::move(engine)));
    const auto begun = co_await tls_session::begin(session, limit);
    if (!begun) co_return begun.error();
    co_return tls_stream<Below>(session);
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
    duration limit = std::chrono::seconds(10);
};

// They stand in `co_await` expressions, where GCC 12 destroys what owns something twice.
static_assert(std::is_trivially_destructible_v<tls_client_options>);
static_assert(std::is_trivially_destructible_v<tls_server_options>);
static_assert(std::is_trivially_destructible_v<tls_connect_options>);

/// Speaks TLS over a stream that is connected, as its client. A stream that is given away belongs
/// to the result; one that is named is used where it is, and the result is a `tls_stream<Stream&>`.
/// Errors: `certificate_error` if the server's certificate is not accepted; `tls_alert` if the
/// server gives up; timed_out after `limit`; tls_error::truncated if the stream ends;
/// invalid_argument as `tls_engine::client`; OpenSSL's, if the peer speaks something else; those of
/// the stream; canceled.
/// Lifetime: names are copied; a stream that is named outlives the result and all its operations.
template <class Stream>
    requires byte_stream<Stream>
task<result<tls_stream<Stream>>> tls_connect(Stream&& below, const tls_context& context,
                                             const tls_connect_options& options) {
    return begin_tls<Stream>(std::forward<Stream>(below),
                             tls_engine::client(context, options.server_name, options.alpn),
                             options.limit);
}

/// The same as its server. Which name the client asked for is in the result.
/// Errors: as `tls_connect`; tls_error::no_peer_certificate, tls_error::unknown_name. Rethrows what
/// a chooser throws. A client whose certificate is not accepted may have ended its handshake with
/// success: with TLS 1.3 it learns of it when it first receives.
template <class Stream>
    requires byte_stream<Stream>
task<result<tls_stream<Stream>>> tls_accept(Stream&& below, const tls_context& context,
                                            const tls_accept_options& options = {}) {
    return begin_tls<Stream>(std::forward<Stream>(below), tls_engine::server(context),
                             options.limit);
}

}  // namespace lariat
