#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/echo/wire.hpp"
#include "bench/harness.hpp"

namespace bench {

// Both ends of the tls workload. The receiver is measured and serves; the sender is this program,
// run again, and takes whatever certificate it is shown.

/// Without TLS in the build they throw `unavailable`.
void receive_raw_tls(const job& work, meter& figures);
void receive_raw_tls_ahead(const job& work, meter& figures);
void receive_lariat_tls(const job& work, meter& figures);

/// `tls-send raw|lariat ADDRESS CPU SIZE`: sends until nobody receives. Returns: an exit status.
int tls_send_command(const std::vector<std::string>& words);

/// For the load of echo.tls: shakes hands over TLS 1.3, and takes whatever certificate it is shown.
/// Errors: both throw `unavailable` without TLS in the build.
std::function<std::unique_ptr<wire>(int socket)> tls_speaker();
void must_have_tls();

}  // namespace bench
