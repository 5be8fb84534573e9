#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "runtime/capabilities.hpp"
#include "runtime/ring_options.hpp"

struct io_uring;

namespace lariat {

/// Maps a ring with the best flags this kernel has. Private to the ring.
/// Errors: throws `std::system_error`, see `ring`.
void set_up_ring(io_uring& shared, ring_options options);

/// What was asked for beyond setup flags, and could be had.
struct ring_extras {
    std::array<const char*, 5> names{};
    std::size_t name_count = 0;
    unsigned enter_flags = 0;          ///< For every wait.
    answer_batch batch{};              ///< 1 when the kernel cannot.
    std::byte* wait_memory = nullptr;  ///< Where the limits of registered waits lie.

    ring_extras() = default;
    ring_extras(const ring_extras&) = delete;
    ring_extras& operator=(const ring_extras&) = delete;
    ~ring_extras();

    /// There is this, too. Of those in `add_extras` each once.
    void note(const char* name) noexcept { names[name_count++] = name; }
};

/// Registers what `options` ask for; leaves out what the kernel lacks.
void add_extras(io_uring& shared, const ring_options& options, const capability_set& can,
                ring_extras& into) noexcept;

/// Returns: IORING_SETUP_* flags by name, lower case, separated by spaces.
std::string setup_flag_names(unsigned flags);

}  // namespace lariat
