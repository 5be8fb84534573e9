#include "aio/transport/tls_error.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <ostream>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/transport/tls_openssl.hpp"
#include "runtime/error.hpp"

namespace io = lariat;
using io::certificate_error;
using io::tls_alert;
using io::tls_cause;
using io::tls_error;

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
