#pragma once

#include <string>
#include <vector>

namespace bench {

// The echo workloads run this program again as server and as load. Both return exit statuses.

/// `serve SUBJECT TRANSPORT CPU BOARD`: prints the address, then serves until it is killed.
int serve_command(const std::vector<std::string>& words);

/// `load TRANSPORT ADDRESS CONNECTIONS SIZE PIPELINE MILLISECONDS CPU SERVER BOARD`: prints one
/// line of figures, in the order of `load_result`.
int load_command(const std::vector<std::string>& words);

}  // namespace bench
