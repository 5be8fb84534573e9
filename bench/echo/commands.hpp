#pragma once

#include <string>
#include <vector>

namespace bench {

// Server and load apart, for two machines; the echo workloads run this program again as each of
// them. Both return exit statuses.

/// Prints the address, then serves until it is killed.
int serve_command(const std::vector<std::string>& words);

/// Prints throughput and latencies.
int load_command(const std::vector<std::string>& words);

}  // namespace bench
