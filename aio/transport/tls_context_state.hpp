#pragma once

#include <string>

#include "aio/transport/tls_context.hpp"
#include "aio/transport/tls_openssl.hpp"

namespace lariat {

enum class tls_role : bool { client, server };

/// What is shared by the connections of a context. Not changed once it is made; OpenSSL counts the
/// references to its own part, and locks what it caches in it.
struct tls_context::state {
    tls_role role = tls_role::client;
    ssl_context_owner native;
    std::string alpn;  ///< As it is sent.
    tls_chooser choose;
    bool verifies = false;
    bool refuse_unknown_names = false;
};

/// What a server decides while a client says hello: the context for its name, the protocol.
void install_server_callbacks(SSL_CTX& context) noexcept;

}  // namespace lariat
