#include <openssl/err.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "aio/transport/tls_context_state.hpp"
#include "aio/transport/tls_engine_core.hpp"

namespace lariat {
namespace {

/// What stands in the hello as the name of the server. OpenSSL has not parsed it yet, and refuses
/// by itself what is malformed.
/// Source: RFC 6066, 3.
std::string_view asked_name(SSL& native) noexcept {
    const unsigned char* bytes = nullptr;
    std::size_t size = 0;
    if (!::SSL_client_hello_get0_ext(&native, TLSEXT_TYPE_server_name, &bytes, &size)) return {};
    constexpr std::size_t before_name = 5;  // The size of the list, a type, the size of the name.
    if (size < before_name || bytes[2] != TLSEXT_NAMETYPE_host_name) return {};
    const std::size_t name_size = bytes[3] * std::size_t{256} + bytes[4];
    if (before_name + name_size != size || name_size > TLSEXT_MAXLEN_host_name) return {};
    const std::string_view name(reinterpret_cast<const char*>(bytes + before_name), name_size);
    return name.find('\0') == name.npos ? name : std::string_view();
}

/// From here on the rules of the chosen context hold: certificate, clients, protocols. Of the
/// versions those of both do.
bool go_on_with(SSL& native, tls_engine::core& engine, tls_context chosen) noexcept {
    SSL_CTX* const context = chosen.shared().native.get();
    engine.chosen = std::move(chosen);
    const long least =
        std::max(SSL_get_min_proto_version(&native), SSL_CTX_get_min_proto_version(context));
    const long most =
        std::min(SSL_get_max_proto_version(&native), SSL_CTX_get_max_proto_version(context));
    // The names of authorities and the certificates to verify with come with the context; the rest
    // was copied from the first one.
    if (!::SSL_set_SSL_CTX(&native, context) || !SSL_set_min_proto_version(&native, least) ||
        !SSL_set_max_proto_version(&native, most) ||
        !::SSL_set1_param(&native, ::SSL_CTX_get0_param(context)))
        return false;
    ::SSL_set_verify(&native, ::SSL_CTX_get_verify_mode(context), nullptr);
    return true;
}

int refuse(tls_engine::core& engine, std::error_code why) noexcept {
    engine.refusal = why;
    return SSL_CLIENT_HELLO_ERROR;
}

int choose_for(std::string_view name, SSL& native, tls_engine::core& engine, int* alert) {
    const tls_context::state& first = engine.context.shared();
    auto chosen = first.choose(name);
    ::ERR_clear_error();  // Whatever it has met with on its way is no error of the handshake.
    if (chosen && chosen->shared().role != tls_role::server)
        return refuse(engine, std::make_error_code(std::errc::invalid_argument));
    if (chosen)
        return go_on_with(native, engine, *std::move(chosen)) ? SSL_CLIENT_HELLO_SUCCESS
                                                              : SSL_CLIENT_HELLO_ERROR;
    if (!first.refuse_unknown_names) return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return refuse(engine, make_error_code(tls_error::unknown_name));
}

/// Before OpenSSL looks at anything else in the hello: the version has yet to be chosen.
int choose_by_name(SSL* native, int* alert, void*) {
    tls_engine::core& engine = tls_engine::core::of(*native);
    if (!engine.context.shared().choose) return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_INTERNAL_ERROR;
    try {
        const std::string_view name = asked_name(*native);
        if (!engine.asked) {
            engine.asked = name;
            return name.empty() ? SSL_CLIENT_HELLO_SUCCESS
                                : choose_for(name, *native, engine, alert);
        }
        // The second hello, which the first was answered with a wish for.
        if (*engine.asked == name) return SSL_CLIENT_HELLO_SUCCESS;
        *alert = SSL_AD_ILLEGAL_PARAMETER;
        return refuse(engine, std::make_error_code(std::errc::protocol_error));
    } catch (...) {
        engine.thrown = std::current_exception();
        return SSL_CLIENT_HELLO_ERROR;
    }
}

/// Tells the client that its name has been of use.
int acknowledge_name(SSL* native, int*, void*) noexcept {
    return tls_engine::core::of(*native).chosen ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

int choose_protocol(SSL* native, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void*) {
    const std::string& ours = tls_engine::core::of(*native).rules().alpn;
    if (ours.empty()) return SSL_TLSEXT_ERR_NOACK;
    unsigned char* found = nullptr;
    const int outcome =
        ::SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(ours.data()),
                                static_cast<unsigned>(ours.size()), offered, offered_size);
    *chosen = found;
    return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

void install_server_callbacks(SSL_CTX& context) noexcept {
    ::SSL_CTX_set_client_hello_cb(&context, &choose_by_name, nullptr);
    // The macro for this has a cast of C in it.
    ::SSL_CTX_callback_ctrl(&context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                            reinterpret_cast<void (*)()>(&acknowledge_name));
    ::SSL_CTX_set_alpn_select_cb(&context, &choose_protocol, nullptr);
}

}  // namespace lariat
