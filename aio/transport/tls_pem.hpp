#pragma once

#include <string>
#include <string_view>

#include "aio/transport/tls_context.hpp"
#include "aio/transport/tls_openssl.hpp"
#include "runtime/result.hpp"

namespace lariat {

// How a context is filled from PEM.

/// Returns: the text, read from its file if it has to be. Errors: those of open(2) and read(2);
/// file_too_large for what cannot be a certificate.
result<std::string> text_of(const tls_pem& pem);

/// Trusts all certificates in the text; as `introduced`, clients are told that they are.
/// Errors: tls_error::no_authority; OpenSSL's.
enum class introduced : bool { no, yes };
result<void> add_authorities(SSL_CTX& context, std::string_view text, introduced to_clients);

/// Trusts what is in a directory. Errors: those of stat(2); not_a_directory.
result<void> add_authority_directory(SSL_CTX& context, std::string_view path);

/// Shows the first certificate of the text, and the others as its chain.
/// Errors: tls_error::no_certificate; OpenSSL's.
result<void> use_certificate(SSL_CTX& context, std::string_view text);

/// Errors: tls_error::no_key, tls_error::key_mismatch; OpenSSL's.
result<void> use_key(SSL_CTX& context, std::string_view text, std::string_view password);

/// `h2,http/1.1` as it is sent. Errors: invalid_argument for an empty or long name.
result<std::string> alpn_wire(std::string_view list);

}  // namespace lariat
