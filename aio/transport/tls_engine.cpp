#include "aio/transport/tls_engine.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

#include "aio/transport/tls_context_state.hpp"
#include "aio/transport/tls_engine_core.hpp"
#include "runtime/error.hpp"

namespace lariat {
namespace {

constexpr std::size_t largest_room = 64 * 1024;

// What OpenSSL answers a peer with by itself is small: so much of it is no answer any more. What
// an application writes at once fits in twice.
constexpr std::size_t crowd = 2 * tls_engine::most_at_once + 16 * 1024;

/// More than what so many bytes are when they are sealed: a record has 16 KiB, to which no cipher
/// adds as much, and one or two messages of OpenSSL's own may go before.
constexpr std::size_t most_sealed(std::size_t size) noexcept {
    constexpr std::size_t record = 16 * 1024, added = 256, own = 2 * added;
    return size + (size / record + 1) * added + own;
}

}  // namespace

tls_step tls_engine::core::fail(std::error_code why) noexcept {
    if (!failure) failure = why;
    return {.error = failure};
}

tls_step tls_engine::core::unfinished(int answer) noexcept {
    const int kind = ::SSL_get_error(ssl.get(), answer);
    if (kind == SSL_ERROR_WANT_READ && !failure) return {.wants_input = true};
    if (kind == SSL_ERROR_ZERO_RETURN) return fail(make_error_code(error::end_of_stream));
    if (refusal) return fail(refusal);
    const openssl_errors errors;
    const long verdict = ::SSL_get_verify_result(ssl.get());
    if (errors.has(SSL_R_CERTIFICATE_VERIFY_FAILED) && verdict != X509_V_OK)
        return fail(static_cast<certificate_error>(verdict));
    if (errors.has(SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE))
        return fail(make_error_code(tls_error::no_peer_certificate));
    return fail(errors.first());
}

tls_engine::tls_engine(owner made) noexcept : core_(std::move(made)) {}
tls_engine::tls_engine(tls_engine&&) noexcept = default;
tls_engine& tls_engine::operator=(tls_engine&&) noexcept = default;
tls_engine::~tls_engine() = default;

void tls_engine::destroy::operator()(core* engine) const noexcept { delete engine; }

tls_step tls_engine::shake_hands() {
    if (core_->failure) return {.error = core_->failure};
    ::ERR_clear_error();
    const int answer = ::SSL_do_handshake(core_->ssl.get());
    if (answer == 1) return {};
    const tls_step step = core_->unfinished(answer);
    if (core_->thrown) std::rethrow_exception(std::exchange(core_->thrown, nullptr));
    return step;
}

tls_step tls_engine::read(buffer_view into) noexcept {
    SSL* const ssl = core_->ssl.get();
    if (core_->failure) return {.error = core_->failure};
    std::size_t total = 0;
    while (total < into.size()) {
        ::ERR_clear_error();
        std::size_t count = 0;
        const int answer = ::SSL_read_ex(ssl, into.data() + total, into.size() - total, &count);
        if (answer == 1) {
            total += count;
            if (core_->incoming.empty() && ::SSL_pending(ssl) == 0) break;
            continue;
        }
        if (::SSL_get_error(ssl, answer) == SSL_ERROR_ZERO_RETURN) break;
        const tls_step step = core_->unfinished(answer);
        if (total == 0) return step;
        break;  // What was an error is one for the next step as well.
    }
    return {.count = total};
}

tls_step tls_engine::write(const_buffer_view from) noexcept {
    if (core_->failure) return {.error = core_->failure};
    if (core_->said_goodbye) return {.error = std::make_error_code(std::errc::broken_pipe)};
    if (from.empty()) return {};
    const const_buffer_view part = from.first(std::min(from.size(), most_at_once));
    // A record that is sealed cannot be taken back: there is room for it before.
    if (!core_->queued.reserve(most_sealed(part.size())))
        return {.error = std::make_error_code(std::errc::not_enough_memory)};
    std::size_t total = 0;
    while (total < part.size()) {
        ::ERR_clear_error();
        std::size_t count = 0;
        const auto rest = part.drop_first(total);
        const int answer = ::SSL_write_ex(core_->ssl.get(), rest.data(), rest.size(), &count);
        if (answer != 1) {
            const tls_step step = core_->unfinished(answer);
            if (total == 0) return step;
            break;
        }
        total += count;
    }
    return {.count = total};
}

tls_step tls_engine::end() noexcept {
    if (core_->failure) return {.error = core_->failure};
    if (core_->said_goodbye) return {};
    ::ERR_clear_error();
    SSL* const ssl = core_->ssl.get();
    // A message of the handshake that has half arrived comes first.
    if (::SSL_in_init(ssl)) {
        const int answer = ::SSL_do_handshake(ssl);
        if (answer != 1) return core_->unfinished(answer);
        ::ERR_clear_error();
    }
    const int answer = ::SSL_shutdown(ssl);
    if (answer < 0) return core_->unfinished(answer);
    core_->said_goodbye = true;
    return {};
}

std::error_code tls_engine::update_keys() noexcept {
    if (core_->failure) return core_->failure;
    if (core_->said_goodbye) return std::make_error_code(std::errc::broken_pipe);
    SSL* const ssl = core_->ssl.get();
    if (::SSL_version(ssl) < TLS1_3_VERSION)
        return std::make_error_code(std::errc::operation_not_supported);
    ::ERR_clear_error();
    if (!::SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED)) return take_openssl_error();
    ::ERR_clear_error();
    const int answer = ::SSL_do_handshake(ssl);
    return answer == 1 ? std::error_code() : core_->unfinished(answer).error;
}

result<buffer_view> tls_engine::room() noexcept {
    if (!core_->incoming.reserve(core_->incoming.empty() ? core_->room_wanted : 1))
        return std::make_error_code(std::errc::not_enough_memory);
    return core_->incoming.room();
}

void tls_engine::arrived(std::size_t count) noexcept {
    const bool filled = count == core_->incoming.room().size();
    core_->incoming.advance(count);
    if (filled) core_->room_wanted = std::min(2 * core_->room_wanted, largest_room);
}

const_buffer_view tls_engine::output() noexcept {
    if (core_->sending.empty() && !core_->queued.empty()) std::swap(core_->sending, core_->queued);
    return core_->sending.view();
}

bool tls_engine::has_output() const noexcept {
    return !core_->sending.empty() || !core_->queued.empty();
}

bool tls_engine::only_tickets_left() const noexcept {
    const SSL* const ssl = core_->ssl.get();
    // With TLS 1.2 a server has the last word; with TLS 1.3 the client.
    return ::SSL_is_server(ssl) && ::SSL_is_init_finished(ssl) &&
           ::SSL_version(ssl) >= TLS1_3_VERSION;
}

void tls_engine::sent(std::size_t count) noexcept {
    core_->sending.drop(count);
    // What is sealed next goes where this was: who sends one thing at a time has one memory for it.
    if (!has_output()) std::swap(core_->sending, core_->queued);
}

bool tls_engine::crowded() const noexcept { return core_->queued.size() > crowd; }

}  // namespace lariat
