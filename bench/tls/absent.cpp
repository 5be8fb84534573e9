#include "bench/echo/servers.hpp"
#include "bench/tls/ends.hpp"

// Built where OpenSSL is not.

namespace bench {
namespace {

[[noreturn]] void say_so() { throw unavailable("this build is one without TLS"); }

}  // namespace

void receive_raw_tls(const job&, meter&) { say_so(); }
void receive_raw_tls_ahead(const job&, meter&) { say_so(); }
void receive_lariat_tls(const job&, meter&) { say_so(); }

int tls_send_command(const std::vector<std::string>&) { say_so(); }

void serve_raw_tls(int, echo_board&) { say_so(); }
void serve_lariat_tls(int, echo_board&) { say_so(); }
std::function<std::unique_ptr<wire>(int socket)> tls_speaker() { say_so(); }
void must_have_tls() { say_so(); }

}  // namespace bench
