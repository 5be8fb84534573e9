#include "tests/peers/nng_tls.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "aio/dial.hpp"
#include "aio/transport/tls_url.hpp"
#include "tests/aio/transport/tls_material.hpp"

namespace io = lariat;

TEST_SUITE_BEGIN("manners");

TEST_CASE("NNG and Lariat have TLS in common") {
    if (std::string_view(nng_tls_engine_name()) == "none") {
        MESSAGE("skipped: this libnng was built without TLS");
        return;
    }
    CHECK(tls_is_spoken());
}

TEST_SUITE_END();

namespace {

// What Lariat's clients look for is an address, NNG's know host names alone.
constexpr const char* their_name = "127.0.0.1";
constexpr const char* our_name = "server.test";

void must(int outcome) {
    if (outcome != 0) throw std::runtime_error(std::string("nng tls: ") + nng_strerror(outcome));
}

nng_tls_config* config(nng_tls_mode mode) {
    nng_tls_config* made = nullptr;
    must(nng_tls_config_alloc(&made, mode));
    return made;
}

bool is_registered() {
    const auto server = io::tls_context::server(server_options());
    return static_cast<bool>(io::register_transport(
        "tls", io::make_tls_transport({.client = client_context(), .server = server.value()})));
}

}  // namespace

bool tls_is_spoken() {
    static const bool spoken = std::string_view(nng_tls_engine_name()) != "none" && is_registered();
    return spoken;
}

nng_tls_config* nng_tls_server() {
    static nng_tls_config* const made = [] {
        const auto own = authority().issue({.name = their_name});
        auto* const server = config(NNG_TLS_MODE_SERVER);
        must(nng_tls_config_own_cert(server, own.certificate.c_str(), own.key.c_str(), nullptr));
        return server;
    }();
    return made;
}

nng_tls_config* nng_tls_client() {
    static nng_tls_config* const made = [] {
        auto* const client = config(NNG_TLS_MODE_CLIENT);
        must(nng_tls_config_ca_chain(client, authority().certificate().c_str(), nullptr));
        must(nng_tls_config_server_name(client, our_name));
        return client;
    }();
    return made;
}
