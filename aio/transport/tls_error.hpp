#pragma once

#include <system_error>

namespace lariat {

/// What TLS comes to where neither the kernel, nor the peer, nor OpenSSL has a word for it.
enum class tls_error {
    truncated = 1,        ///< The transport ended without close_notify: something may be missing.
    no_authority,         ///< Nobody is trusted: what was given holds no certificate of one.
    no_certificate,       ///< What was given as a certificate holds none.
    no_key,               ///< What was given as a private key holds none.
    key_mismatch,         ///< The private key is not that of the certificate.
    no_peer_certificate,  ///< The peer has to show a certificate and has none.
    unknown_name,         ///< The client asked for a name that is not served.
};

/// Why a peer's certificate was not accepted: OpenSSL's numbers. Those that have no name here come
/// with their number and their text all the same.
/// Source: X509_STORE_CTX_get_error(3).
enum class certificate_error {
    signature_wrong = 7,
    not_yet_valid = 9,
    expired = 10,
    self_signed = 18,
    self_signed_authority = 19,
    unknown_authority = 20,
    not_verified = 21,
    chain_too_long = 22,
    revoked = 23,
    invalid_authority = 24,
    wrong_purpose = 26,
    untrusted = 27,
    rejected = 28,
    wrong_name = 62,
    wrong_address = 64,
    key_too_weak = 66,
    digest_too_weak = 68,
};

/// What a peer says when it gives up. Source: RFC 8446, 6.
enum class tls_alert {
    unexpected_message = 10,
    bad_record_mac = 20,
    decryption_failed = 21,
    record_overflow = 22,
    decompression_failure = 30,
    handshake_failure = 40,
    no_certificate = 41,
    bad_certificate = 42,
    unsupported_certificate = 43,
    certificate_revoked = 44,
    certificate_expired = 45,
    certificate_unknown = 46,
    illegal_parameter = 47,
    unknown_authority = 48,
    access_denied = 49,
    decode_error = 50,
    decrypt_error = 51,
    protocol_version = 70,
    insufficient_security = 71,
    internal_error = 80,
    inappropriate_fallback = 86,
    user_canceled = 90,
    no_renegotiation = 100,
    missing_extension = 109,
    unsupported_extension = 110,
    certificate_unobtainable = 111,
    unrecognized_name = 112,
    bad_certificate_status = 113,
    bad_certificate_hash = 114,
    unknown_psk_identity = 115,
    certificate_required = 116,
    no_application_protocol = 120,
};

/// Whole families, to compare with.
enum class tls_cause {
    certificate_rejected = 1,  ///< Any `certificate_error`: this side refused the other.
    refused_by_peer,           ///< Any `tls_alert`: the other side refused this one.
};

const std::error_category& tls_error_category() noexcept;
const std::error_category& certificate_error_category() noexcept;
const std::error_category& tls_alert_category() noexcept;

/// OpenSSL's own codes, with its own text.
const std::error_category& openssl_category() noexcept;

const std::error_category& tls_cause_category() noexcept;

std::error_code make_error_code(tls_error) noexcept;
std::error_code make_error_code(certificate_error) noexcept;
std::error_code make_error_code(tls_alert) noexcept;
std::error_condition make_error_condition(tls_cause) noexcept;

}  // namespace lariat

template <>
struct std::is_error_code_enum<lariat::tls_error> : std::true_type {};
template <>
struct std::is_error_code_enum<lariat::certificate_error> : std::true_type {};
template <>
struct std::is_error_code_enum<lariat::tls_alert> : std::true_type {};
template <>
struct std::is_error_condition_enum<lariat::tls_cause> : std::true_type {};
