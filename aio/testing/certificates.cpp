#include "aio/testing/certificates.hpp"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

#include "aio/transport/tls_openssl.hpp"

namespace lariat::testing {
namespace {

void must(bool worked) {
    if (!worked) throw std::runtime_error("certificates: " + take_openssl_error().message());
}

std::string contents(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

bio_owner writer() {
    bio_owner made(::BIO_new(::BIO_s_mem()));
    must(made != nullptr);
    return made;
}

bio_owner reader(const std::string& text) {
    bio_owner made(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    must(made != nullptr);
    return made;
}

/// A part of a certificate in its making, and its key.
struct draft {
    certificate_owner certificate{::X509_new()};
    key_owner key{EVP_EC_gen("P-256")};
};

struct issuer {
    explicit issuer(const credentials& from)
        : certificate(
              ::PEM_read_bio_X509(reader(from.certificate).get(), nullptr, nullptr, nullptr)),
          key(::PEM_read_bio_PrivateKey(reader(from.key).get(), nullptr, nullptr, nullptr)) {
        must(certificate && key);
    }

    certificate_owner certificate;
    key_owner key;
};

void add_extension(const draft& to, X509* issued_by, int which, const std::string& value) {
    X509V3_CTX context;
    ::X509V3_set_ctx(&context, issued_by, to.certificate.get(), nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, freed_by<&X509_EXTENSION_free>> made(
        ::X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str()));
    must(made && ::X509_add_ext(to.certificate.get(), made.get(), -1));
}

draft begin(std::string_view name, std::chrono::seconds since, std::chrono::seconds until) {
    draft made;
    X509* const certificate = made.certificate.get();
    must(certificate && made.key);
    unsigned char serial[8];
    must(::RAND_bytes(serial, sizeof serial) == 1);
    serial[0] &= 0x7f;
    const std::unique_ptr<BIGNUM, freed_by<&BN_free>> number(
        ::BN_bin2bn(serial, sizeof serial, nullptr));
    must(::X509_set_version(certificate, X509_VERSION_3) == 1);
    must(::BN_to_ASN1_INTEGER(number.get(), ::X509_get_serialNumber(certificate)) != nullptr);
    must(::X509_gmtime_adj(::X509_getm_notBefore(certificate), since.count()) != nullptr);
    must(::X509_gmtime_adj(::X509_getm_notAfter(certificate), until.count()) != nullptr);
    must(::X509_set_pubkey(certificate, made.key.get()) == 1);
    must(::X509_NAME_add_entry_by_txt(::X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(name.data()),
                                      static_cast<int>(name.size()), -1, 0) == 1);
    return made;
}

credentials end(const draft& made, const X509* issued_by, EVP_PKEY* signed_by) {
    X509* const certificate = made.certificate.get();
    must(::X509_set_issuer_name(certificate, ::X509_get_subject_name(issued_by)) == 1);
    must(::X509_sign(certificate, signed_by, ::EVP_sha256()) > 0);
    const auto shown = writer();
    const auto secret = writer();
    must(::PEM_write_bio_X509(shown.get(), certificate) == 1);
    must(::PEM_write_bio_PrivateKey(secret.get(), made.key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) == 1);
    return {contents(shown.get()), contents(secret.get())};
}

draft begin_authority(std::string_view name) {
    constexpr std::chrono::hours long_enough(24);
    return begin(name, -long_enough, long_enough);
}

void empower(const draft& authority, X509* issued_by) {
    add_extension(authority, issued_by, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(authority, issued_by, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(authority, issued_by, NID_subject_key_identifier, "hash");
}

std::string alternative_name(std::string_view name) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    const std::string text(name);
    const bool numeric = ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
                         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
    return (numeric ? "IP:" : "DNS:") + text;
}

}  // namespace

certificate_authority::certificate_authority(credentials own) noexcept : own_(std::move(own)) {}

certificate_authority::certificate_authority(std::string_view name) {
    const draft made = begin_authority(name);
    empower(made, made.certificate.get());
    own_ = end(made, made.certificate.get(), made.key.get());
}

certificate_authority certificate_authority::delegate(std::string_view name) const {
    const issuer above(own_);
    const draft made = begin_authority(name);
    empower(made, above.certificate.get());
    return certificate_authority(end(made, above.certificate.get(), above.key.get()));
}

credentials certificate_authority::issue(const certificate_request& request) const {
    const issuer above(own_);
    const draft made = begin(request.name, request.since, request.until);
    const bool serves = request.use == certificate_request::use::server;
    X509* const issued_by = above.certificate.get();
    add_extension(made, issued_by, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(made, issued_by, NID_key_usage, "critical,digitalSignature");
    add_extension(made, issued_by, NID_ext_key_usage, serves ? "serverAuth" : "clientAuth");
    add_extension(made, issued_by, NID_subject_key_identifier, "hash");
    add_extension(made, issued_by, NID_authority_key_identifier, "keyid");
    if (serves && request.place == certificate_request::place::alternative)
        add_extension(made, issued_by, NID_subject_alt_name, alternative_name(request.name));
    return end(made, issued_by, above.key.get());
}

}  // namespace lariat::testing
