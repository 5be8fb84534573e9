#include <exception>
#include <string>
#include <string_view>

#include "aio/transport/tls_context_state.hpp"
#include "aio/transport/tls_engine_core.hpp"

namespace lariat {
namespace {

/// From here on the rules of the chosen context hold: certificate, clients, protocols.
int go_on_with(SSL& native, tls_engine::core& engine, tls_context chosen, int* alert) {
    SSL_CTX* const context = chosen.shared().native.get();
    engine.chosen = std::move(chosen);
    if (::SSL_version(&native) < ::SSL_CTX_get_min_proto_version(context)) {
        *alert = SSL_AD_PROTOCOL_VERSION;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    if (!::SSL_set_SSL_CTX(&native, context)) return SSL_TLSEXT_ERR_ALERT_FATAL;
    ::SSL_set_verify(&native, ::SSL_CTX_get_verify_mode(context), nullptr);
    return SSL_TLSEXT_ERR_OK;
}

int refuse(tls_engine::core& engine, std::error_code why) noexcept {
    engine.refusal = why;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int choose_by_name(SSL* native, int* alert, void*) {
    tls_engine::core& engine = tls_engine::core::of(*native);
    const tls_context::state& first = engine.context.shared();
    const char* const name = ::SSL_get_servername(native, TLSEXT_NAMETYPE_host_name);
    if (!name || !first.choose) return SSL_TLSEXT_ERR_NOACK;
    *alert = SSL_AD_INTERNAL_ERROR;
    try {
        auto chosen = first.choose(name);
        if (chosen && chosen->shared().role == tls_role::server)
            return go_on_with(*native, engine, *std::move(chosen), alert);
        if (chosen) return refuse(engine, std::make_error_code(std::errc::invalid_argument));
    } catch (...) {
        engine.thrown = std::current_exception();
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    if (!first.refuse_unknown_names) return SSL_TLSEXT_ERR_NOACK;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return refuse(engine, make_error_code(tls_error::unknown_name));
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
    // The macro for this has a cast of C in it.
    ::SSL_CTX_callback_ctrl(&context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                            reinterpret_cast<void (*)()>(&choose_by_name));
    ::SSL_CTX_set_alpn_select_cb(&context, &choose_protocol, nullptr);
}

}  // namespace lariat
