#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "aio/transport/tls_error.hpp"
#include "runtime/result.hpp"

namespace lariat {

class tls_context;

/// Certificates or a key as PEM: in a file, or as the text itself, which is taken if both are
/// given.
struct tls_pem {
    std::string_view file = {};
    std::string_view text = {};

    bool empty() const noexcept { return file.empty() && text.empty(); }
};

enum class tls_version {
    tls12,
    tls13,
};

/// What a server wants to see of its clients.
enum class client_certificates {
    none,      ///< Nothing.
    optional,  ///< A certificate that is shown must be good.
    required,
};

struct tls_client_options {
    /// Who is trusted: these, these of a directory (see openssl-rehash(1)), which is read in the
    /// middle of handshakes, or those whom the system trusts, if nothing is given. `SSL_CERT_FILE`
    /// and `SSL_CERT_DIR` of the environment say who they are.
    tls_pem authority = {};
    std::string_view authority_directory = {};
    /// False: anybody can be the server, and read and change what is sent.
    bool verify = true;
    /// What is shown to a server that asks, with the chain below it. The key may stand in the same
    /// text as the certificate.
    tls_pem certificate = {};
    tls_pem key = {};
    std::string_view key_password = {};
    /// Protocols for use over TLS, best first: `"h2,http/1.1"`.
    std::string_view alpn = {};
    tls_version minimum = tls_version::tls12;
    tls_version maximum = tls_version::tls13;
};

struct tls_server_options {
    tls_pem certificate = {};
    tls_pem key = {};
    std::string_view key_password = {};
    /// Who vouches for clients; must be given if they are to show certificates.
    client_certificates clients = client_certificates::none;
    tls_pem authority = {};
    std::string_view authority_directory = {};
    /// A client that offers protocols, but none of these, is refused. Empty: what it offers is
    /// passed over.
    std::string_view alpn = {};
    tls_version minimum = tls_version::tls12;
    tls_version maximum = tls_version::tls13;
    /// A name for which the chooser has no context ends the handshake, instead of being served
    /// with this one's certificate.
    bool refuse_unknown_names = false;
};

/// Picks the context of a server by the name that its client asks for; none: the one that was asked
/// goes on. Called once in a handshake, of the first context only, on the thread of the handshake.
/// What the chosen context says of certificates and protocols holds instead of what the first one
/// says, also where it asks clients for less; a version must be allowed by both.
using tls_chooser = std::function<std::optional<tls_context>(std::string_view name)>;

/// Who one is, whom one trusts, and what one speaks: made once, used by many connections. Copies
/// share it, nothing changes it.
///
/// Making one reads files: a program with a loop makes its contexts before it runs.
///
/// What is not an option is left to OpenSSL and the system's configuration of it: ciphers, groups,
/// signature algorithms.
/// Threads: any number may use it at a time.
class tls_context {
  public:
    /// For connections that this side opens.
    /// Errors: those of opening and reading the files; `tls_error`; OpenSSL's own for what is not
    /// PEM, or too weak; invalid_argument for a list of protocols that is none, and for versions of
    /// which there are none.
    static result<tls_context> client(const tls_client_options& options = {});

    /// For connections that this side accepts. Clients resume their sessions with tickets, unless
    /// there is a chooser: a session must not go from one name to another.
    /// Errors: as `client`.
    static result<tls_context> server(const tls_server_options& options, tls_chooser choose = {});

    struct state;  ///< Of the library's own.
    const state& shared() const noexcept { return *state_; }

  private:
    explicit tls_context(std::shared_ptr<const state> made) noexcept;

    std::shared_ptr<const state> state_;
};

}  // namespace lariat
