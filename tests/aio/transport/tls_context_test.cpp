#include "aio/transport/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <fstream>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/transport/tls_error.hpp"
#include "aio/transport/tls_openssl.hpp"
#include "runtime/error.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/aio/transport/tls_engines.hpp"

namespace io = lariat;
using io::certificate_error;
using io::tls_alert;
using io::tls_cause;
using io::tls_error;

namespace {

std::error_code client_error(const io::tls_client_options& options) {
    return io::tls_context::client(options).error();
}

std::error_code server_error(const io::tls_server_options& options) {
    return io::tls_context::server(options).error();
}

std::string key_as_text(EVP_PKEY* key, const char* password = nullptr) {
    const io::bio_owner text(::BIO_new(::BIO_s_mem()));
    // A cast of C stands in the macro that the function's type asks for.
    const auto* const bytes = reinterpret_cast<const unsigned char*>(password);
    const int size = password ? static_cast<int>(std::string_view(password).size()) : 0;
    REQUIRE(::PEM_write_bio_PrivateKey(text.get(), key, password ? ::EVP_aes_128_cbc() : nullptr,
                                       bytes, size, nullptr, nullptr) == 1);
    char* found = nullptr;
    const long length = BIO_get_mem_data(text.get(), &found);
    return {found, static_cast<std::size_t>(length)};
}

/// The key of the server, under a password.
std::string locked_key(const char* password) {
    const std::string& open = server_credentials().key;
    const io::bio_owner text(::BIO_new_mem_buf(open.data(), static_cast<int>(open.size())));
    const io::key_owner key(::PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
    return key_as_text(key.get(), password);
}

io::tls_server_options with_key(std::string_view key, std::string_view password = {}) {
    auto options = server_options();
    options.key = {.text = key};
    options.key_password = password;
    return options;
}

void write(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("certificates and keys come from files as well as from text") {
    const scratch folder;
    const std::string trusted = (folder.path() / "trusted.pem").native();
    const std::string shown = (folder.path() / "shown.pem").native();
    const std::string secret = (folder.path() / "secret.pem").native();
    const std::string both = (folder.path() / "both.pem").native();
    write(trusted, authority().certificate());
    write(shown, server_credentials().certificate);
    write(secret, server_credentials().key);
    write(both, server_credentials().key + server_credentials().certificate);

    const auto client = io::tls_context::client({.authority = {.file = trusted}});
    const auto apart =
        io::tls_context::server({.certificate = {.file = shown}, .key = {.file = secret}});
    const auto together = io::tls_context::server({.certificate = {.file = both}});

    for (const auto* server : {&apart, &together}) {
        engine_pair pair(client.value(), server->value());
        pair.shake_hands();
        CHECK(pair.both_done());
    }
}

TEST_CASE("a directory of authorities is looked up by the hash of their names") {
    const scratch folder;
    const std::string& text = authority().certificate();
    const io::bio_owner bytes(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    const io::certificate_owner parsed(::PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr));
    char name[16];
    std::snprintf(name, sizeof name, "%08lx.0", ::X509_subject_name_hash(parsed.get()));
    write((folder.path() / name).native(), text);

    const auto client = io::tls_context::client({.authority_directory = folder.path().native()});

    engine_pair pair(client.value());
    pair.shake_hands();
    CHECK(pair.both_done());
}

TEST_CASE("nobody but the system's authorities is trusted unless one says whom") {
    engine_pair pair(io::tls_context::client().value());
    pair.shake_hands();

    CHECK(pair.client_step.error == io::tls_cause::certificate_rejected);
}

TEST_CASE("a file that cannot be read is the kernel's error") {
    const scratch folder;
    const std::string missing = (folder.path() / "missing.pem").native();
    const std::string file = (folder.path() / "file").native();
    write(file, "x");

    CHECK(client_error({.authority = {.file = missing}}) == std::errc::no_such_file_or_directory);
    CHECK(server_error({.certificate = {.file = missing}}) == std::errc::no_such_file_or_directory);
    CHECK(client_error({.authority_directory = missing}) == std::errc::no_such_file_or_directory);
    CHECK(client_error({.authority_directory = file}) == std::errc::not_a_directory);
    CHECK(client_error({.authority = {.file = folder.path().native()}}) ==
          std::errc::is_a_directory);
    CHECK(client_error({.authority = {.file = "/dev/zero"}}) == std::errc::file_too_large);
}

TEST_CASE("an error says which of authority, certificate and key is missing") {
    const std::string& certificate = server_credentials().certificate;
    const std::string& key = server_credentials().key;

    CHECK(client_error({.authority = {.text = "nonsense"}}) == tls_error::no_authority);
    CHECK(client_error({.authority = {.text = key}}) == tls_error::no_authority);
    CHECK(server_error({}) == tls_error::no_certificate);
    CHECK(server_error({.certificate = {.text = key}}) == tls_error::no_certificate);
    CHECK(server_error({.certificate = {.text = certificate}}) == tls_error::no_key);
    CHECK(server_error(with_key(client_credentials().key)) == tls_error::key_mismatch);
    for (const auto why : {tls_error::no_authority, tls_error::no_key, tls_error::key_mismatch})
        CHECK(!make_error_code(why).message().starts_with("unknown"));
}

TEST_CASE("a key of another kind than the certificate's is not its key") {
    const io::key_owner other(EVP_RSA_gen(2048));

    CHECK(server_error(with_key(key_as_text(other.get()))) == tls_error::key_mismatch);
}

TEST_CASE("a certificate that is damaged is OpenSSL's error, with its text") {
    std::string damaged = server_credentials().certificate;
    damaged[100] = '!';

    const auto why = server_error({.certificate = {.text = damaged}});

    CHECK(why.category() == io::openssl_category());
    CHECK(why.message().find("(PEM routines)") != std::string::npos);
}

TEST_CASE("a key under a password needs it, and nobody is asked for it") {
    const std::string locked = locked_key("open sesame");

    CHECK(!server_error(with_key(locked, "open sesame")));
    CHECK(server_error(with_key(locked, "open barley")).category() == io::openssl_category());
    CHECK(server_error(with_key(locked)).category() == io::openssl_category());
    CHECK(server_error(with_key(locked, std::string(5000, 'x'))).category() ==
          io::openssl_category());
}

TEST_CASE("a server that asks for certificates must say whom it trusts") {
    auto options = server_options();
    options.clients = io::client_certificates::optional;

    CHECK(server_error(options) == tls_error::no_authority);
}

TEST_CASE("protocols are a list of names, and versions a range") {
    auto options = client_options();
    for (const std::string_view wrong : {",", "h2,", ",h2", "h2,,mqtt"}) {
        options.alpn = wrong;
        CHECK(client_error(options) == std::errc::invalid_argument);
    }
    const std::string longest(255, 'a');
    const std::string too_long(256, 'a');
    options.alpn = longest;
    CHECK(!client_error(options));
    options.alpn = too_long;
    CHECK(client_error(options) == std::errc::invalid_argument);
    options.alpn = {};
    options.minimum = io::tls_version::tls13;
    options.maximum = io::tls_version::tls12;
    CHECK(client_error(options) == std::errc::invalid_argument);
}

TEST_CASE("each kind of error of TLS has a name and a text of its own") {
    const std::error_code own = tls_error::truncated;
    const std::error_code rejected = certificate_error::expired;
    const std::error_code alert = tls_alert::certificate_required;

    CHECK(own.category().name() == std::string("lariat.tls"));
    CHECK(own.message() == "the connection ended without close_notify");
    CHECK(rejected.message() == "certificate has expired");
    CHECK(alert.message() == "the peer sent an alert: certificate required");
    CHECK(std::error_code(99, io::tls_alert_category()).message() == "the peer sent an alert: 99");
    CHECK(std::error_code(99, io::tls_error_category()).message() == "unknown error 99");
}

TEST_CASE("errors of TLS equal their cause, and no other") {
    const std::error_code rejected = certificate_error::wrong_name;
    const std::error_code alert = tls_alert::handshake_failure;

    CHECK(rejected == tls_cause::certificate_rejected);
    CHECK(rejected != tls_cause::refused_by_peer);
    CHECK(alert == tls_cause::refused_by_peer);
    CHECK(alert != tls_cause::certificate_rejected);
    CHECK(make_error_code(tls_error::truncated) != tls_cause::refused_by_peer);
    CHECK(make_error_code(tls_error::truncated) != io::error::end_of_stream);
    CHECK(make_error_condition(tls_cause::refused_by_peer).message() == "the peer sent an alert");
    CHECK(make_error_condition(tls_cause::certificate_rejected).message() ==
          "the peer's certificate was rejected");
}

TEST_CASE("of several errors of OpenSSL the first is taken, and none is left") {
    ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST);
    ERR_raise(ERR_LIB_SSL, ERR_R_INTERNAL_ERROR);

    const auto why = io::take_openssl_error();

    CHECK(why.message() == "http request (SSL routines)");
    CHECK(why.category().name() == std::string("openssl"));
    CHECK(::ERR_peek_error() == 0);
}

TEST_CASE("what OpenSSL passes on keeps its meaning") {
    ERR_raise(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + SSL_AD_DECRYPT_ERROR);
    CHECK(io::take_openssl_error() == tls_alert::decrypt_error);

    ERR_raise(ERR_LIB_SYS, ENOENT);
    CHECK(io::take_openssl_error() == std::errc::no_such_file_or_directory);

    ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
    CHECK(io::take_openssl_error() == std::errc::not_enough_memory);

    CHECK(io::take_openssl_error() == std::errc::io_error);
}

TEST_CASE("a failure of OpenSSL for which it gives no reason is a failure") {
    ERR_raise(ERR_LIB_SYS, 0);

    CHECK(io::take_openssl_error() == std::errc::io_error);
}

TEST_CASE("what others have left in OpenSSL's queue is no error of a context") {
    std::string damaged = server_credentials().certificate;
    damaged[100] = '!';
    const auto left_behind = [] { ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST); };

    left_behind();
    const auto certificate = server_error({.certificate = {.text = damaged}});
    left_behind();
    const auto authority = client_error({.authority = {.text = damaged}});
    left_behind();
    const auto locked = server_error(with_key(locked_key("open sesame")));
    left_behind();
    const auto mismatch = server_error(with_key(client_credentials().key));

    CHECK(certificate.message().find("(PEM routines)") != std::string::npos);
    CHECK(authority.message().find("(PEM routines)") != std::string::npos);
    CHECK(locked.message().find("http") == std::string::npos);
    CHECK(mismatch == tls_error::key_mismatch);
}
