#include "aio/transport/tls_pem.hpp"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

#include "aio/descriptor.hpp"
#include "runtime/error.hpp"

namespace lariat {
namespace {

// The bundle of a system with all its authorities has a quarter of a mebibyte.
constexpr std::size_t largest_file = 16 * 1024 * 1024;

result<std::string> contents(std::string_view path) {
    const auto file = descriptor::adopt(::open(std::string(path).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return kernel_error(errno);
    std::string text;
    char part[4096];
    for (;;) {
        const ssize_t got = ::read(file.number(), part, sizeof part);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return kernel_error(errno);
        if (got == 0) return text;
        text.append(part, static_cast<std::size_t>(got));
        if (text.size() > largest_file) return std::make_error_code(std::errc::file_too_large);
    }
}

bio_owner reader_of(std::string_view text) noexcept {
    return bio_owner(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Passwords are given or not there; nobody is asked on a terminal.
int give_password(char* into, int size, int, void* given) {
    const auto& password = *static_cast<const std::string_view*>(given);
    if (password.empty() || password.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(into, password.data(), password.size());
    return static_cast<int>(password.size());
}

/// Calls `take` with every certificate in the text, in order, until it fails.
/// Returns: whether there was one. Errors: OpenSSL's.
template <class Take>
result<bool> each_certificate(std::string_view text, Take take) {
    ::ERR_clear_error();
    const auto reader = reader_of(text);
    if (!reader) return take_openssl_error();
    std::string_view no_password;
    for (bool any = false;; any = true) {
        ::ERR_clear_error();
        certificate_owner found(
            ::PEM_read_bio_X509(reader.get(), nullptr, &give_password, &no_password));
        if (!found) {
            const unsigned long why = ::ERR_peek_last_error();
            const bool at_end =
                ERR_GET_LIB(why) == ERR_LIB_PEM && ERR_GET_REASON(why) == PEM_R_NO_START_LINE;
            if (!at_end) return take_openssl_error();
            ::ERR_clear_error();
            return any;
        }
        if (!take(std::move(found))) return take_openssl_error();
    }
}

}  // namespace

result<std::string> text_of(const tls_pem& pem) {
    if (pem.text.empty() && !pem.file.empty()) return contents(pem.file);
    if (pem.text.size() > largest_file) return std::make_error_code(std::errc::file_too_large);
    return std::string(pem.text);
}

result<void> add_authorities(SSL_CTX& context, std::string_view text, introduced to_clients) {
    X509_STORE* const store = ::SSL_CTX_get_cert_store(&context);
    const auto added = each_certificate(text, [&](certificate_owner authority) {
        if (!::X509_STORE_add_cert(store, authority.get())) return false;
        return to_clients == introduced::no ||
               ::SSL_CTX_add_client_CA(&context, authority.get()) == 1;
    });
    if (!added) return added.error();
    if (!*added) return make_error_code(tls_error::no_authority);
    return {};
}

result<void> add_authority_directory(SSL_CTX& context, std::string_view path) {
    const std::string name(path);
    struct stat found{};
    if (::stat(name.c_str(), &found) != 0) return kernel_error(errno);
    if (!S_ISDIR(found.st_mode)) return std::make_error_code(std::errc::not_a_directory);
    ::ERR_clear_error();
    if (!::SSL_CTX_load_verify_dir(&context, name.c_str())) return take_openssl_error();
    return {};
}

result<void> use_certificate(SSL_CTX& context, std::string_view text) {
    bool first = true;
    const auto used = each_certificate(text, [&](certificate_owner next) {
        if (std::exchange(first, false))
            return ::SSL_CTX_use_certificate(&context, next.get()) == 1;
        return ::SSL_CTX_add1_chain_cert(&context, next.get()) == 1;
    });
    if (!used) return used.error();
    if (!*used) return make_error_code(tls_error::no_certificate);
    return {};
}

result<void> use_key(SSL_CTX& context, std::string_view text, std::string_view password) {
    if (text.find("PRIVATE KEY-----") == text.npos) return make_error_code(tls_error::no_key);
    ::ERR_clear_error();
    const auto reader = reader_of(text);
    if (!reader) return take_openssl_error();
    const key_owner key(
        ::PEM_read_bio_PrivateKey(reader.get(), nullptr, &give_password, &password));
    if (!key) return take_openssl_error();
    ::ERR_clear_error();
    const bool used = ::SSL_CTX_use_PrivateKey(&context, key.get()) == 1;
    // A key of another kind than the certificate's is taken at first, for want of one of its kind.
    if (used && ::SSL_CTX_check_private_key(&context) == 1) return {};
    const unsigned long why = ::ERR_peek_error();
    const bool of_another =
        ERR_GET_LIB(why) == ERR_LIB_X509 && ERR_GET_REASON(why) == X509_R_KEY_VALUES_MISMATCH;
    const auto error = take_openssl_error();
    if (used || of_another) return make_error_code(tls_error::key_mismatch);
    return error;
}

result<std::string> alpn_wire(std::string_view list) {
    constexpr std::size_t longest_name = 255;
    std::string wire;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const bool ends_with_comma = comma + 1 == list.size();
        if (comma == 0 || comma > longest_name || ends_with_comma)
            return std::make_error_code(std::errc::invalid_argument);
        wire += static_cast<char>(comma);
        wire += list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return wire;
}

}  // namespace lariat
