#include "aio/transport/tls_error.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <string>

#include "aio/transport/tls_openssl.hpp"
#include "runtime/error.hpp"

namespace lariat {
namespace {

static_assert(static_cast<int>(certificate_error::signature_wrong) ==
              X509_V_ERR_CERT_SIGNATURE_FAILURE);
static_assert(static_cast<int>(certificate_error::expired) == X509_V_ERR_CERT_HAS_EXPIRED);
static_assert(static_cast<int>(certificate_error::self_signed_authority) ==
              X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
static_assert(static_cast<int>(certificate_error::revoked) == X509_V_ERR_CERT_REVOKED);
static_assert(static_cast<int>(certificate_error::wrong_purpose) == X509_V_ERR_INVALID_PURPOSE);
static_assert(static_cast<int>(certificate_error::wrong_name) == X509_V_ERR_HOSTNAME_MISMATCH);
static_assert(static_cast<int>(certificate_error::wrong_address) == X509_V_ERR_IP_ADDRESS_MISMATCH);
static_assert(static_cast<int>(certificate_error::digest_too_weak) == X509_V_ERR_CA_MD_TOO_WEAK);

class own_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "lariat.tls"; }

    std::string message(int value) const override {
        switch (static_cast<tls_error>(value)) {
            case tls_error::truncated:
                return "the connection ended without close_notify";
            case tls_error::no_authority:
                return "no certificate of an authority was given";
            case tls_error::no_certificate:
                return "no certificate was given";
            case tls_error::no_key:
                return "no private key was given";
            case tls_error::key_mismatch:
                return "the private key is not that of the certificate";
            case tls_error::no_peer_certificate:
                return "the peer shows no certificate";
            case tls_error::unknown_name:
                return "the client asked for a name that is not served";
        }
        return "unknown error " + std::to_string(value);
    }
};

class verification_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "lariat.tls.certificate"; }
    std::string message(int value) const override { return X509_verify_cert_error_string(value); }
    std::error_condition default_error_condition(int) const noexcept override {
        return tls_cause::certificate_rejected;
    }
};

struct {
    tls_alert alert;
    const char* text;
} constexpr alert_texts[] = {
    {tls_alert::unexpected_message, "unexpected message"},
    {tls_alert::bad_record_mac, "bad record MAC"},
    {tls_alert::decryption_failed, "decryption failed"},
    {tls_alert::record_overflow, "record overflow"},
    {tls_alert::decompression_failure, "decompression failure"},
    {tls_alert::handshake_failure, "handshake failure"},
    {tls_alert::no_certificate, "no certificate"},
    {tls_alert::bad_certificate, "bad certificate"},
    {tls_alert::unsupported_certificate, "unsupported certificate"},
    {tls_alert::certificate_revoked, "certificate revoked"},
    {tls_alert::certificate_expired, "certificate expired"},
    {tls_alert::certificate_unknown, "certificate unknown"},
    {tls_alert::illegal_parameter, "illegal parameter"},
    {tls_alert::unknown_authority, "unknown authority"},
    {tls_alert::access_denied, "access denied"},
    {tls_alert::decode_error, "decode error"},
    {tls_alert::decrypt_error, "decrypt error"},
    {tls_alert::protocol_version, "protocol version"},
    {tls_alert::insufficient_security, "insufficient security"},
    {tls_alert::internal_error, "internal error"},
    {tls_alert::inappropriate_fallback, "inappropriate fallback"},
    {tls_alert::user_canceled, "user canceled"},
    {tls_alert::no_renegotiation, "no renegotiation"},
    {tls_alert::missing_extension, "missing extension"},
    {tls_alert::unsupported_extension, "unsupported extension"},
    {tls_alert::certificate_unobtainable, "certificate unobtainable"},
    {tls_alert::unrecognized_name, "unrecognized name"},
    {tls_alert::bad_certificate_status, "bad certificate status"},
    {tls_alert::bad_certificate_hash, "bad certificate hash"},
    {tls_alert::unknown_psk_identity, "unknown PSK identity"},
    {tls_alert::certificate_required, "certificate required"},
    {tls_alert::no_application_protocol, "no application protocol"},
};

class alert_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "lariat.tls.alert"; }
    std::string message(int value) const override {
        const std::string said = "the peer sent an alert: ";
        for (const auto& [alert, text] : alert_texts) {
            if (static_cast<int>(alert) == value) return said + text;
        }
        return said + std::to_string(value);
    }
    std::error_condition default_error_condition(int) const noexcept override {
        return tls_cause::refused_by_peer;
    }
};

class library_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "openssl"; }

    std::string message(int value) const override {
        const auto code = static_cast<unsigned long>(value);
        const char* const reason = ERR_reason_error_string(code);
        const char* const library = ERR_lib_error_string(code);
        std::string text = reason ? reason : "error " + std::to_string(value);
        if (library) text.append(" (").append(library).append(")");
        return text;
    }
};

class cause_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "lariat.tls.cause"; }

    std::string message(int value) const override {
        switch (static_cast<tls_cause>(value)) {
            case tls_cause::certificate_rejected:
                return "the peer's certificate was rejected";
            case tls_cause::refused_by_peer:
                return "the peer sent an alert";
        }
        return "unknown cause " + std::to_string(value);
    }
};

// What OpenSSL adds to the number of an alert that was received.
constexpr int alert_offset = SSL_AD_REASON_OFFSET;

std::error_code meaning_of(unsigned long code) noexcept {
    const int reason = ERR_GET_REASON(code);
    // A failure without a reason is still none that succeeded.
    if (reason == 0) return std::make_error_code(std::errc::io_error);
    if (ERR_SYSTEM_ERROR(code)) return kernel_error(reason);
    if (reason == ERR_R_MALLOC_FAILURE) return std::make_error_code(std::errc::not_enough_memory);
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason > alert_offset)
        return static_cast<tls_alert>(reason - alert_offset);
    return {static_cast<int>(code), openssl_category()};
}

}  // namespace

const std::error_category& tls_error_category() noexcept {
    static const own_category instance;
    return instance;
}

const std::error_category& certificate_error_category() noexcept {
    static const verification_category instance;
    return instance;
}

const std::error_category& tls_alert_category() noexcept {
    static const alert_category instance;
    return instance;
}

const std::error_category& openssl_category() noexcept {
    static const library_category instance;
    return instance;
}

const std::error_category& tls_cause_category() noexcept {
    static const cause_category instance;
    return instance;
}

std::error_code make_error_code(tls_error value) noexcept {
    return {static_cast<int>(value), tls_error_category()};
}

std::error_code make_error_code(certificate_error value) noexcept {
    return {static_cast<int>(value), certificate_error_category()};
}

std::error_code make_error_code(tls_alert value) noexcept {
    return {static_cast<int>(value), tls_alert_category()};
}

std::error_condition make_error_condition(tls_cause value) noexcept {
    return {static_cast<int>(value), tls_cause_category()};
}

openssl_errors::openssl_errors() noexcept {
    while (const unsigned long code = ERR_get_error())
        if (count_ < codes_.size()) codes_[count_++] = code;
}

bool openssl_errors::has(int reason) const noexcept {
    return std::any_of(codes_.begin(), codes_.begin() + count_, [reason](unsigned long code) {
        return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == reason;
    });
}

std::error_code openssl_errors::first() const noexcept { return meaning_of(codes_.front()); }

}  // namespace lariat
