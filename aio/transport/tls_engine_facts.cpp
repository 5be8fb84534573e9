#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "aio/transport/tls_context_state.hpp"
#include "aio/transport/tls_engine.hpp"
#include "aio/transport/tls_engine_core.hpp"
#include "aio/transport/tls_pem.hpp"

// How an engine begins, and whom it turned out to talk to.

namespace lariat {
namespace {

bool is_numeric_address(const std::string& name) noexcept {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

/// OpenSSL would take `.example.org` for all hosts of that domain.
bool may_be_name(std::string_view name) noexcept {
    constexpr std::size_t longest = 255;
    return !name.empty() && name.size() <= longest && !name.starts_with('.') &&
           !name.ends_with('.') && name.find("..") == name.npos && name.find('\0') == name.npos;
}

/// Whom the certificate must name, and what the server is told.
std::error_code expect_server(SSL* ssl, std::string name) noexcept {
    if (name.ends_with('.')) name.pop_back();
    if (!may_be_name(name)) return std::make_error_code(std::errc::invalid_argument);
    ::ERR_clear_error();
    X509_VERIFY_PARAM* const expected = ::SSL_get0_param(ssl);
    if (is_numeric_address(name)) {
        if (::X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str())) return {};
        return take_openssl_error();
    }
    // What stands in the subject was meant for people.
    ::X509_VERIFY_PARAM_set_hostflags(
        expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (!::X509_VERIFY_PARAM_set1_host(expected, name.c_str(), name.size()) ||
        !::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()))
        return take_openssl_error();
    return {};
}

std::error_code offer(SSL* ssl, const std::string& alpn) noexcept {
    if (alpn.empty()) return {};
    // 0 is success here.
    if (::SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(alpn.data()),
                              static_cast<unsigned>(alpn.size())) != 0)
        return std::make_error_code(std::errc::not_enough_memory);
    return {};
}

certificate_owner peer_certificate(const SSL* ssl) noexcept {
    return certificate_owner(::SSL_get1_peer_certificate(ssl));
}

}  // namespace

result<tls_engine> tls_engine::client(const tls_context& context, std::string_view server_name,
                                      std::string_view alpn) {
    const tls_context::state& rules = context.shared();
    if (rules.role != tls_role::client) return std::make_error_code(std::errc::invalid_argument);
    const auto wire = alpn_wire(alpn);
    if (!wire) return wire.error();
    owner made(new core(context));
    if (const auto why = made->open()) return why;
    SSL* const ssl = made->ssl.get();
    ::SSL_set_connect_state(ssl);
    if (rules.verifies || !server_name.empty()) {
        if (const auto why = expect_server(ssl, std::string(server_name))) return why;
    }
    if (const auto why = offer(ssl, wire->empty() ? rules.alpn : *wire)) return why;
    return tls_engine(std::move(made));
}

result<tls_engine> tls_engine::server(const tls_context& context) {
    if (context.shared().role != tls_role::server)
        return std::make_error_code(std::errc::invalid_argument);
    owner made(new core(context));
    if (const auto why = made->open()) return why;
    ::SSL_set_accept_state(made->ssl.get());
    return tls_engine(std::move(made));
}

std::string_view tls_engine::protocol() const noexcept {
    return ::SSL_get_version(core_->ssl.get());
}

std::string_view tls_engine::cipher() const noexcept {
    return ::SSL_get_cipher_name(core_->ssl.get());
}

std::string tls_engine::alpn() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    ::SSL_get0_alpn_selected(core_->ssl.get(), &name, &size);
    return name ? std::string(reinterpret_cast<const char*>(name), size) : std::string();
}

std::string tls_engine::server_name() const {
    const char* const name = ::SSL_get_servername(core_->ssl.get(), TLSEXT_NAMETYPE_host_name);
    return name ? name : "";
}

std::string tls_engine::peer_subject() const {
    const auto certificate = peer_certificate(core_->ssl.get());
    const bio_owner text(::BIO_new(::BIO_s_mem()));
    if (!certificate || !text) return {};
    // One line, in UTF-8.
    ::X509_NAME_print_ex(text.get(), ::X509_get_subject_name(certificate.get()), 0,
                         XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

std::string tls_engine::peer_fingerprint() const {
    const auto certificate = peer_certificate(core_->ssl.get());
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (!certificate || !::X509_digest(certificate.get(), ::EVP_sha256(), digest.data(), &size))
        return {};
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
}

}  // namespace lariat
