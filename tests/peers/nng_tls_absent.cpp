#include "tests/peers/nng_tls.hpp"

bool tls_is_spoken() { return false; }

nng_tls_config* nng_tls_server() { return nullptr; }
nng_tls_config* nng_tls_client() { return nullptr; }
