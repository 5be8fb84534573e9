#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/transport/tls_context_state.hpp"
#include "aio/transport/tls_error.hpp"
#include "tests/aio/transport/tls_engines.hpp"

// A server has several names: what holds for whom.

namespace io = lariat;
using io::tls_alert;
using io::tls_error;
using lariat::testing::certificate_authority;

namespace {

/// Serves two names, each with its own certificate; `server.test` is its own.
class two_names {
  public:
    explicit two_names(io::tls_server_options other = {}) {
        other.certificate = {.text = other_.certificate};
        other.key = {.text = other_.key};
        other_context_ = io::tls_context::server(other).value();
    }

    io::tls_context context(io::tls_server_options options = server_options()) {
        return io::tls_context::server(options,
                                       [this](std::string_view name) {
                                           asked += name;
                                           asked += ' ';
                                           return name == "other.test" ? other_context_
                                                                       : std::nullopt;
                                       })
            .value();
    }

    std::string asked;

  private:
    const lariat::testing::credentials other_ = authority().issue({.name = "other.test"});
    std::optional<io::tls_context> other_context_;
};

engine_pair asking_for(std::string_view name, const io::tls_context& server,
                       io::tls_client_options options = client_options()) {
    engine_pair pair(io::tls_context::client(options).value(), server, name);
    pair.shake_hands();
    return pair;
}

/// A server that has to ask its clients for another hello: it has no use for the key they offer.
io::tls_context picky_about_keys(io::tls_context server) {
    REQUIRE(SSL_CTX_set1_groups_list(server.shared().native.get(), "P-384") == 1);
    return server;
}

}  // namespace

TEST_CASE("a chooser picks the certificate by the name that the client asks for") {
    two_names names;
    const auto server = names.context();

    const auto other = asking_for("other.test", server);
    const auto own = asking_for("server.test", server);

    CHECK(other.both_done());
    CHECK(other.client.peer_subject() == "CN=other.test");
    CHECK(other.server.server_name() == "other.test");
    CHECK(own.client.peer_subject() == "CN=server.test");
    CHECK(names.asked == "other.test server.test ");
}

TEST_CASE("a numeric address is no name to choose by") {
    two_names names;
    auto options = client_options();
    options.verify = false;

    const auto pair = asking_for("127.0.0.1", names.context(), options);

    CHECK(pair.both_done());
    CHECK(names.asked.empty());
}

TEST_CASE("a name that is not served is refused, if that is wanted") {
    two_names names;
    auto options = server_options();
    options.refuse_unknown_names = true;

    const auto pair = asking_for("third.test", names.context(options));

    CHECK(pair.server_step.error == tls_error::unknown_name);
    CHECK(pair.client_step.error == tls_alert::unrecognized_name);
}

TEST_CASE("what the chosen context demands of clients and offers them holds") {
    io::tls_server_options strict;
    strict.clients = io::client_certificates::required;
    strict.authority = {.text = authority().certificate()};
    strict.alpn = "other";
    two_names names(strict);
    const auto server = names.context();
    auto offers = client_options();
    offers.alpn = "other,own";

    const auto without = asking_for("other.test", server, offers);
    offers.certificate = {.text = client_credentials().certificate};
    offers.key = {.text = client_credentials().key};
    const auto with = asking_for("other.test", server, offers);
    const auto elsewhere = asking_for("server.test", server, offers);

    CHECK(without.server_step.error == tls_error::no_peer_certificate);
    CHECK(with.both_done());
    CHECK(with.client.alpn() == "other");
    CHECK(with.server.peer_subject() == "CN=client");
    CHECK(elsewhere.both_done());
    CHECK(elsewhere.client.alpn().empty());
    CHECK(elsewhere.server.peer_subject().empty());
}

TEST_CASE("the least version of the chosen context holds") {
    io::tls_server_options modern;
    modern.minimum = io::tls_version::tls13;
    two_names names(modern);
    const auto server = names.context();
    auto old_client = client_options();
    old_client.maximum = io::tls_version::tls12;

    const auto refused = asking_for("other.test", server, old_client);
    const auto served = asking_for("server.test", server, old_client);

    CHECK(refused.client_step.error == tls_alert::protocol_version);
    CHECK(served.both_done());
}

TEST_CASE("what a chooser throws passes through the handshake") {
    const auto server = io::tls_context::server(server_options(), [](std::string_view) {
                            throw std::runtime_error("the list of names is gone");
                            return std::optional<io::tls_context>();
                        }).value();
    engine_pair pair(client_context(), server);
    REQUIRE(pair.client.shake_hands().wants_input);
    give_some(pair.server, output_of(pair.client));

    CHECK_THROWS_WITH_AS(pair.server.shake_hands(), "the list of names is gone",
                         std::runtime_error);

    CHECK(pair.server.shake_hands().error);
    give_some(pair.client, output_of(pair.server));
    CHECK(pair.client.shake_hands().error == tls_alert::internal_error);
}

TEST_CASE("a chooser that hands out the context of a client ends the handshake") {
    const auto server = io::tls_context::server(server_options(), [](std::string_view) {
                            return std::optional(client_context());
                        }).value();

    const auto pair = asking_for("server.test", server);

    CHECK(pair.server_step.error == std::errc::invalid_argument);
    CHECK(pair.client_step.error == tls_alert::internal_error);
}

TEST_CASE("what a chooser leaves in OpenSSL's queue is no error of the handshake") {
    const auto server = io::tls_context::server(server_options(), [](std::string_view) {
                            ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST);
                            return std::optional<io::tls_context>();
                        }).value();

    const auto pair = asking_for("server.test", server);

    CHECK(pair.both_done());
}

TEST_CASE("a version must be allowed by the first context and by the chosen one") {
    io::tls_server_options old;
    old.maximum = io::tls_version::tls12;
    two_names names(old);
    auto modern = server_options();
    modern.minimum = io::tls_version::tls13;

    const auto other = asking_for("other.test", names.context());
    const auto own = asking_for("server.test", names.context());
    const auto nobody = asking_for("other.test", names.context(modern));

    CHECK(other.both_done());
    CHECK(other.server.protocol() == "TLSv1.2");
    CHECK(own.server.protocol() == "TLSv1.3");
    CHECK(nobody.client_step.error == tls_alert::protocol_version);
    CHECK(nobody.server_step.error.message().find("unsupported protocol") != std::string::npos);
}

TEST_CASE("whom the chosen context trusts alone is trusted, whoever made that authority") {
    const auto between = authority().delegate("between");
    const auto shown =
        between.issue({.name = "client", .use = lariat::testing::certificate_request::use::client});
    io::tls_server_options strict;
    strict.clients = io::client_certificates::required;
    strict.authority = {.text = between.certificate()};
    two_names names(strict);
    auto options = client_options();
    options.certificate = {.text = shown.certificate};
    options.key = {.text = shown.key};

    const auto pair = asking_for("other.test", names.context(), options);

    CHECK(pair.both_done());
    CHECK(pair.server.peer_subject() == "CN=client");
}

TEST_CASE("clients are told whom the chosen context trusts, and nobody else") {
    const certificate_authority first("the first authority"), second("the second authority");
    io::tls_server_options strict;
    strict.clients = io::client_certificates::optional;
    strict.authority = {.text = second.certificate()};
    strict.maximum = io::tls_version::tls12;  // Where this is not sealed.
    two_names names(strict);
    auto own = server_options();
    own.clients = io::client_certificates::optional;
    own.authority = {.text = first.certificate()};
    engine_pair pair(client_context(), names.context(own), "other.test");
    REQUIRE(pair.client.shake_hands().wants_input);
    give_some(pair.server, output_of(pair.client));

    REQUIRE(pair.server.shake_hands().wants_input);
    const std::string flight = output_of(pair.server);

    CHECK(flight.find("the second authority") != flight.npos);
    CHECK(flight.find("the first authority") == flight.npos);
}

TEST_CASE("a chooser is asked once, also by a client that has to say hello again") {
    two_names names;

    const auto pair = asking_for("other.test", picky_about_keys(names.context()));

    CHECK(pair.both_done());
    CHECK(pair.client.peer_subject() == "CN=other.test");
    CHECK(names.asked == "other.test ");
}

TEST_CASE("a second hello cannot ask for another name than the first") {
    two_names names;
    engine_pair pair(client_context(), picky_about_keys(names.context()), "other.test");
    REQUIRE(pair.client.shake_hands().wants_input);
    give_some(pair.server, output_of(pair.client));
    REQUIRE(pair.server.shake_hands().wants_input);
    give_some(pair.client, output_of(pair.server));
    REQUIRE(pair.client.shake_hands().wants_input);
    std::string again = output_of(pair.client);
    const auto name = again.find("other.test");
    REQUIRE(name != again.npos);
    again.replace(name, 5, "third");
    give_some(pair.server, again);

    const auto step = pair.server.shake_hands();
    give_some(pair.client, output_of(pair.server));

    CHECK(step.error == std::errc::protocol_error);
    CHECK(pair.client.shake_hands().error == tls_alert::illegal_parameter);
}

TEST_CASE("a name that is malformed in the hello reaches no chooser") {
    two_names names;
    engine_pair pair(client_context(), names.context(), "other.test");
    REQUIRE(pair.client.shake_hands().wants_input);
    std::string hello = output_of(pair.client);
    const auto name = hello.find("other.test");
    REQUIRE(name != hello.npos);
    hello[name + 5] = '\0';
    give_some(pair.server, hello);

    const auto step = pair.server.shake_hands();

    CHECK(step.error);
    CHECK(names.asked.empty());
}
