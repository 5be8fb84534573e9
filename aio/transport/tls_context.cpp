#include "aio/transport/tls_context.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include <string>
#include <utility>

#include "aio/transport/tls_context_state.hpp"
#include "aio/transport/tls_pem.hpp"

namespace lariat {
namespace {

using state_maker = std::shared_ptr<tls_context::state>;

int number_of(tls_version version) noexcept {
    return version == tls_version::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

/// What both sides have in common, before certificates.
template <class Options>
result<state_maker> begin(tls_role role, const Options& options) {
    auto wire = alpn_wire(options.alpn);
    if (!wire) return wire.error();
    if (options.maximum < options.minimum) return std::make_error_code(std::errc::invalid_argument);
    ::ERR_clear_error();
    auto made = std::make_shared<tls_context::state>();
    made->role = role;
    made->alpn = *std::move(wire);
    made->native.reset(
        ::SSL_CTX_new(role == tls_role::client ? ::TLS_client_method() : ::TLS_server_method()));
    SSL_CTX* const native = made->native.get();
    if (!native || !::SSL_CTX_set_min_proto_version(native, number_of(options.minimum)) ||
        !::SSL_CTX_set_max_proto_version(native, number_of(options.maximum)))
        return take_openssl_error();
    ::SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
    // Where the caller's bytes are is the caller's affair from one call to the next.
    ::SSL_CTX_set_mode(native, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Sessions are resumed by tickets: what clients keep costs a server nothing.
    ::SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    return made;
}

/// Returns: whether somebody is trusted now.
result<bool> trust(SSL_CTX& context, const tls_pem& authority, std::string_view directory,
                   introduced to_clients) {
    if (!authority.empty()) {
        const auto text = text_of(authority);
        if (!text) return text.error();
        const auto added = add_authorities(context, *text, to_clients);
        if (!added) return added.error();
    }
    if (!directory.empty()) {
        const auto added = add_authority_directory(context, directory);
        if (!added) return added.error();
    }
    const bool any = !authority.empty() || !directory.empty();
    // Whom the user names is trusted, whoever else vouches for it or not.
    if (any)
        ::X509_VERIFY_PARAM_set_flags(::SSL_CTX_get0_param(&context), X509_V_FLAG_PARTIAL_CHAIN);
    return any;
}

/// Whom the system trusts. A bundle is read here and now; what stands in a directory would be read
/// in the middle of a handshake, by the loop's own thread.
bool trust_the_system(SSL_CTX& context) noexcept {
    const bool told =
        ::getenv(::X509_get_default_cert_file_env()) || ::getenv(::X509_get_default_cert_dir_env());
    if (!told) {
        for (const char* const bundle :
             {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
              "/etc/ssl/ca-bundle.pem", ::X509_get_default_cert_file()}) {
            ::ERR_clear_error();
            if (::SSL_CTX_load_verify_file(&context, bundle)) return true;
        }
    }
    ::ERR_clear_error();
    return ::SSL_CTX_set_default_verify_paths(&context) == 1;
}

/// Certificate and key, which may be one text.
result<void> identify(SSL_CTX& context, const tls_pem& certificate, const tls_pem& key,
                      std::string_view password) {
    auto shown = text_of(certificate);
    if (!shown) return shown.error();
    auto secret = text_of(key.empty() ? certificate : key);
    if (!secret) return secret.error();
    auto outcome = use_certificate(context, *shown);
    if (outcome) outcome = use_key(context, *secret, password);
    ::OPENSSL_cleanse(secret->data(), secret->size());
    ::OPENSSL_cleanse(shown->data(), shown->size());
    return outcome;
}

int verify_mode(client_certificates wanted) noexcept {
    switch (wanted) {
        case client_certificates::none:
            return SSL_VERIFY_NONE;
        case client_certificates::optional:
            return SSL_VERIFY_PEER;
        case client_certificates::required:
            break;
    }
    return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

result<void> ask_clients(SSL_CTX& context, const tls_server_options& options) {
    ::SSL_CTX_set_verify(&context, verify_mode(options.clients), nullptr);
    if (options.clients == client_certificates::none) return {};
    const auto trusted =
        trust(context, options.authority, options.authority_directory, introduced::yes);
    if (!trusted) return trusted.error();
    if (!*trusted) return make_error_code(tls_error::no_authority);
    return {};
}

/// A ticket is good for the context that gave it, and for no other.
result<void> name_sessions(SSL_CTX& context) {
    ::ERR_clear_error();
    unsigned char name[SSL_MAX_SID_CTX_LENGTH];
    if (::RAND_bytes(name, sizeof name) != 1 ||
        ::SSL_CTX_set_session_id_context(&context, name, sizeof name) != 1)
        return take_openssl_error();
    return {};
}

result<void> set_up_server(SSL_CTX& context, const tls_server_options& options) {
    auto done = identify(context, options.certificate, options.key, options.key_password);
    if (done) done = ask_clients(context, options);
    if (done) done = name_sessions(context);
    return done;
}

}  // namespace

tls_context::tls_context(std::shared_ptr<const state> made) noexcept : state_(std::move(made)) {}

result<tls_context> tls_context::client(const tls_client_options& options) {
    auto made = begin(tls_role::client, options);
    if (!made) return made.error();
    SSL_CTX& native = *(*made)->native;
    (*made)->verifies = options.verify;
    if (options.verify) {
        ::SSL_CTX_set_verify(&native, SSL_VERIFY_PEER, nullptr);
        const auto trusted =
            trust(native, options.authority, options.authority_directory, introduced::no);
        if (!trusted) return trusted.error();
        if (!*trusted && !trust_the_system(native)) return take_openssl_error();
    }
    if (!options.certificate.empty()) {
        const auto identified =
            identify(native, options.certificate, options.key, options.key_password);
        if (!identified) return identified.error();
    }
    return tls_context(*std::move(made));
}

result<tls_context> tls_context::server(const tls_server_options& options, tls_chooser choose) {
    auto made = begin(tls_role::server, options);
    if (!made) return made.error();
    SSL_CTX& native = *(*made)->native;
    const auto ready = set_up_server(native, options);
    if (!ready) return ready.error();
    if (choose) {
        ::SSL_CTX_set_options(&native, SSL_OP_NO_TICKET);
        ::SSL_CTX_set_num_tickets(&native, 0);
    }
    (*made)->verifies = options.clients != client_certificates::none;
    (*made)->choose = std::move(choose);
    (*made)->refuse_unknown_names = options.refuse_unknown_names;
    install_server_callbacks(native);
    return tls_context(*std::move(made));
}

}  // namespace lariat
