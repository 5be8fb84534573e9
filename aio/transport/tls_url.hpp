#pragma once

#include <memory>
#include <optional>

#include "aio/resolve.hpp"
#include "aio/transport/tls_context.hpp"
#include "aio/transport/transport.hpp"

namespace lariat {

/// Who one is in connections by URL, and how they are made.
struct tls_url_options {
    /// For who dials; none: one that trusts whom the system trusts, and has no certificate.
    std::optional<tls_context> client = {};
    /// For who listens; without one nobody can.
    std::optional<tls_context> server = {};
    /// How the name of a host is looked up.
    resolve_options names = {};
};

/// `tls://host.example:7000`: TLS over TCP, as of `dial` and `listen_at`. The certificate must name
/// the host of the URL. No context is built in, so a program says once who it is:
///
///     register_transport("tls", make_tls_transport(options)).value();
///
/// Errors: of a listen without a context for servers: tls_error::no_certificate. Throws
/// `std::bad_alloc`, and `std::system_error` if there is no context for clients to be made.
std::shared_ptr<transport> make_tls_transport(tls_url_options options = {});

}  // namespace lariat
