#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/transport/tls_engine.hpp"
#include "aio/transport/tls_error.hpp"
#include "aio/transport/tls_openssl.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/aio/transport/tls_engines.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using io::certificate_error;
using io::client_certificates;
using io::tls_alert;
using io::tls_cause;
using io::tls_error;
using lariat::testing::certificate_authority;
using lariat::testing::certificate_request;
using lariat::testing::credentials;

namespace {

io::tls_context server_with(const credentials& shown) {
    return io::tls_context::server(
               {.certificate = {.text = shown.certificate}, .key = {.text = shown.key}})
        .value();
}

io::tls_context server_with(const certificate_request& request) {
    return server_with(authority().issue(request));
}

io::tls_context server_that_asks(client_certificates clients) {
    auto options = server_options();
    options.clients = clients;
    options.authority = {.text = authority().certificate()};
    return io::tls_context::server(options).value();
}

io::tls_context client_with(const credentials& shown) {
    auto options = client_options();
    options.certificate = {.text = shown.certificate};
    options.key = {.text = shown.key};
    return io::tls_context::client(options).value();
}

/// What both sides come to.
engine_pair after_handshake(const io::tls_context& client, const io::tls_context& server,
                            std::string_view name = "server.test") {
    engine_pair pair(client, server, name);
    pair.shake_hands();
    return pair;
}

std::error_code clients_error(const certificate_request& of_server,
                              std::string_view name = "server.test") {
    return after_handshake(client_context(), server_with(of_server), name).client_step.error;
}

std::string with_wrong_signature(const std::string& certificate) {
    const io::bio_owner text(
        ::BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
    const io::certificate_owner parsed(::PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    const ASN1_BIT_STRING* signature = nullptr;
    ::X509_get0_signature(&signature, nullptr, parsed.get());
    signature->data[signature->length - 1] ^= 1;
    const io::bio_owner changed(::BIO_new(::BIO_s_mem()));
    REQUIRE(::PEM_write_bio_X509(changed.get(), parsed.get()) == 1);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(changed.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

/// What the client learns when it first reads.
std::error_code told_later(engine_pair& pair) {
    std::string got;
    give_some(pair.client, output_of(pair.server));
    return read_text(pair.client, got).error;
}

}  // namespace

TEST_CASE("a server that nobody known vouches for is refused, and told so") {
    const certificate_authority stranger("stranger");

    const auto pair =
        after_handshake(client_context(), server_with(stranger.issue({.name = "server.test"})));

    CHECK(pair.client_step.error == certificate_error::unknown_authority);
    CHECK(pair.client_step.error == tls_cause::certificate_rejected);
    CHECK(pair.client_step.error.message() == "unable to get local issuer certificate");
    CHECK(pair.server_step.error == tls_alert::unknown_authority);
}

TEST_CASE("a server that vouches for itself is refused") {
    const certificate_authority itself("server.test");
    const credentials issued = itself.issue({.name = "server.test"});

    const auto pair = after_handshake(
        client_context(), server_with({issued.certificate + itself.certificate(), issued.key}));

    CHECK(pair.client_step.error == certificate_error::self_signed_authority);
}

TEST_CASE("a certificate whose signature is wrong is refused, whatever else OpenSSL has to say") {
    auto shown = authority().issue({.name = "server.test"});
    shown.certificate = with_wrong_signature(shown.certificate);

    const auto pair = after_handshake(client_context(), server_with(shown));

    CHECK(pair.client_step.error == certificate_error::signature_wrong);
    CHECK(pair.server_step.error == tls_alert::decrypt_error);
}

TEST_CASE("a certificate is good from its first second to its last") {
    CHECK(clients_error({.name = "server.test", .since = -2h, .until = -1h}) ==
          certificate_error::expired);
    CHECK(clients_error({.name = "server.test", .since = 1h, .until = 2h}) ==
          certificate_error::not_yet_valid);
    CHECK(!clients_error({.name = "server.test", .since = -1h, .until = 1h}));
}

TEST_CASE("a certificate must name the server") {
    CHECK(clients_error({.name = "other.test"}) == certificate_error::wrong_name);
    CHECK(clients_error({.name = "127.0.0.1"}, "127.0.0.2") == certificate_error::wrong_address);
    CHECK(clients_error({.name = "server.test"}, "127.0.0.1") == certificate_error::wrong_address);
    CHECK(clients_error({.name = "*.test"}, "a.b.test") == certificate_error::wrong_name);
    CHECK(!clients_error({.name = "*.server.test"}, "a.server.test"));
    CHECK(!clients_error({.name = "server.test"}, "SERVER.test."));
    CHECK(!clients_error({.name = "127.0.0.1"}, "127.0.0.1"));
    CHECK(!clients_error({.name = "::1"}, "::1"));
}

TEST_CASE("a name that stands only in the subject of a certificate is not the server's") {
    CHECK(clients_error({.name = "server.test", .place = certificate_request::place::subject}) ==
          certificate_error::wrong_name);
    CHECK(clients_error({.name = "127.0.0.1", .place = certificate_request::place::subject},
                        "127.0.0.1") == certificate_error::wrong_address);
}

TEST_CASE("a wildcard stands for a whole label, or for none") {
    CHECK(clients_error({.name = "s*.server.test"}, "some.server.test") ==
          certificate_error::wrong_name);
    CHECK(clients_error({.name = "*.server.test"}, "server.test") == certificate_error::wrong_name);
    CHECK(clients_error({.name = "*"}, "localhost") == certificate_error::wrong_name);
}

TEST_CASE("a client's certificate is none for a server") {
    CHECK(clients_error({.name = "server.test", .use = certificate_request::use::client}) ==
          certificate_error::wrong_purpose);
}

TEST_CASE("a client that does not verify talks to anybody") {
    const certificate_authority stranger("stranger");
    const auto client = io::tls_context::client({.verify = false}).value();

    const auto pair = after_handshake(client, server_with(stranger.issue({.name = "x"})), "");

    CHECK(pair.both_done());
    CHECK(pair.server.server_name().empty());
    CHECK(pair.client.peer_subject() == "CN=x");
}

TEST_CASE("a chain leads from the server to whom the client trusts") {
    const auto between = authority().delegate("between");
    const credentials issued = between.issue({.name = "server.test"});
    auto whole = issued;
    whole.certificate += between.certificate();

    const auto pair = after_handshake(client_context(), server_with(whole));
    const auto broken = after_handshake(client_context(), server_with(issued));

    CHECK(pair.both_done());
    CHECK(broken.client_step.error == certificate_error::unknown_authority);
}

TEST_CASE("an authority that another one made can be trusted alone") {
    const auto between = authority().delegate("between");
    const auto client =
        io::tls_context::client({.authority = {.text = between.certificate()}}).value();

    const auto pair = after_handshake(client, server_with(between.issue({.name = "server.test"})));

    CHECK(pair.both_done());
}

TEST_CASE("a client shows its certificate to a server that asks") {
    for (const auto wanted : {client_certificates::optional, client_certificates::required}) {
        const auto pair =
            after_handshake(client_with(client_credentials()), server_that_asks(wanted));

        CHECK(pair.both_done());
        CHECK(pair.server.peer_subject() == "CN=client");
        CHECK(pair.server.peer_fingerprint().size() == 64);
    }
}

TEST_CASE("a client without a certificate is let in where it is optional, else not") {
    auto optional =
        after_handshake(client_context(), server_that_asks(client_certificates::optional));
    auto required =
        after_handshake(client_context(), server_that_asks(client_certificates::required));

    CHECK(optional.both_done());
    CHECK(required.server_step.error == tls_error::no_peer_certificate);
    std::string got;
    CHECK(read_text(required.client, got).error == tls_alert::certificate_required);
}

TEST_CASE("with TLS 1.3 a client learns after its handshake that it was refused") {
    engine_pair pair(client_context(), server_that_asks(client_certificates::required));
    REQUIRE(pair.client.shake_hands().wants_input);
    give_some(pair.server, output_of(pair.client));
    REQUIRE(pair.server.shake_hands().wants_input);
    give_some(pair.client, output_of(pair.server));

    const auto at_client = pair.client.shake_hands();
    give_some(pair.server, output_of(pair.client));
    const auto at_server = pair.server.shake_hands();

    CHECK(engine_pair::done(at_client));
    CHECK(at_server.error == tls_error::no_peer_certificate);
    CHECK(told_later(pair) == tls_alert::certificate_required);
}

TEST_CASE("a client's certificate is verified, optional or not") {
    const certificate_authority stranger("stranger");
    const credentials unknown =
        stranger.issue({.name = "x", .use = certificate_request::use::client});
    const credentials of_server = authority().issue({.name = "x"});
    const auto asks = server_that_asks(client_certificates::optional);

    CHECK(after_handshake(client_with(unknown), asks).server_step.error ==
          certificate_error::unknown_authority);
    CHECK(after_handshake(client_with(of_server), asks).server_step.error ==
          certificate_error::wrong_purpose);
}

TEST_CASE("a server takes the protocol it likes best of those that are offered") {
    auto options = server_options();
    options.alpn = "h2,http/1.1";
    const auto server = io::tls_context::server(options).value();
    const auto with = [&](std::string_view offered) {
        auto client = client_options();
        client.alpn = offered;
        return after_handshake(io::tls_context::client(client).value(), server);
    };

    CHECK(with("http/1.1,h2").client.alpn() == "h2");
    CHECK(with("http/1.1").server.alpn() == "http/1.1");
    CHECK(with("").both_done());
    CHECK(with("").client.alpn().empty());
    CHECK(with("spdy,gopher").client_step.error == tls_alert::no_application_protocol);
    CHECK(with("spdy").server_step.error.message().find("no application protocol") !=
          std::string::npos);
}

TEST_CASE("protocols that one connection offers replace those of its context") {
    auto options = client_options();
    options.alpn = "h2";
    const auto context = io::tls_context::client(options).value();
    auto served = server_options();
    served.alpn = "h2,mqtt";
    engine_pair pair(context, io::tls_context::server(served).value());
    pair.client = io::tls_engine::client(context, "server.test", "mqtt").value();

    pair.shake_hands();

    CHECK(pair.client.alpn() == "mqtt");
}

TEST_CASE("versions that do not meet end the handshake, and both know why") {
    auto old_options = client_options();
    old_options.maximum = io::tls_version::tls12;
    auto new_options = server_options();
    new_options.minimum = io::tls_version::tls13;

    const auto pair = after_handshake(io::tls_context::client(old_options).value(),
                                      io::tls_context::server(new_options).value());

    CHECK(pair.client_step.error == tls_alert::protocol_version);
    CHECK(pair.server_step.error.message().find("unsupported protocol") != std::string::npos);
}

TEST_CASE("whom the system trusts is trusted if nothing is said, and nobody else") {
    const scratch folder;
    const std::string bundle = folder.path() / "bundle.pem";
    std::ofstream(bundle) << authority().certificate();
    const auto stranger = after_handshake(io::tls_context::client().value(), server_context());
    ::setenv("SSL_CERT_FILE", bundle.c_str(), 1);

    const auto known = after_handshake(io::tls_context::client().value(), server_context());
    ::unsetenv("SSL_CERT_FILE");

    CHECK(stranger.client_step.error == tls_cause::certificate_rejected);
    CHECK(known.both_done());
}
