#pragma once

#include <cstddef>
#include <string_view>

#include "aio/testing/certificates.hpp"
#include "aio/transport/tls_context.hpp"
#include "aio/transport/tls_engine.hpp"

// Certificates and contexts that the tests of TLS share. Made once: a key takes a while.

inline const lariat::testing::certificate_authority& authority() {
    static const lariat::testing::certificate_authority made;
    return made;
}

inline const lariat::testing::credentials& server_credentials() {
    static const auto made = authority().issue({.name = "server.test"});
    return made;
}

inline const lariat::testing::credentials& client_credentials() {
    static const auto made = authority().issue(
        {.name = "client", .use = lariat::testing::certificate_request::use::client});
    return made;
}

/// Options that work, to be changed.
inline lariat::tls_client_options client_options() {
    return {.authority = {.text = authority().certificate()}};
}

inline lariat::tls_server_options server_options() {
    return {.certificate = {.text = server_credentials().certificate},
            .key = {.text = server_credentials().key}};
}

inline lariat::tls_context client_context() {
    return lariat::tls_context::client(client_options()).value();
}

inline lariat::tls_context server_context() {
    return lariat::tls_context::server(server_options()).value();
}
