#pragma once

#include <string>

#include "runtime/ring.hpp"

struct io_uring;

namespace lariat {

/// Maps a ring with the best flags this kernel has. Private to the ring.
/// Errors: throws `std::system_error`, see `ring`.
void set_up_ring(io_uring& shared, ring_options options);

/// Returns: IORING_SETUP_* flags by name, lower case, separated by spaces.
std::string setup_flag_names(unsigned flags);

}  // namespace lariat
