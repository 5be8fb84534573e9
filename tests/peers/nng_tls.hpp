#pragma once

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

// TLS between Lariat's sockets and NNG's, each with a certificate of the same authority. Without
// OpenSSL there is none.

/// Registers `tls`. Returns: whether both sides know TLS.
bool tls_is_spoken();

/// What NNG's sockets listen and dial with. Requires: TLS is spoken. Lifetime: the program's.
nng_tls_config* nng_tls_server();
nng_tls_config* nng_tls_client();
