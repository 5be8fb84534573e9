#pragma once

#include <cstddef>

#include "runtime/home.hpp"

namespace lariat {

class ring;

/// A ring's own table of files: what is open in it has no number in the process, and the kernel
/// reaches it without looking one up. `open`, `socket`, `accept`, `pipe` put what they make into it
/// when they are told so, and `make_direct` what is open already; all other operations take either
/// kind of `descriptor`.
///
/// Threads: those of one home. Lifetime: outlives its descriptors. A ring has one at a time.
/// Source: io_uring_register_files_sparse(3), Linux 5.19.
class direct_table {
  public:
    /// Requires: the current home has a ring.
    /// Errors: throws `std::system_error`: device_or_resource_busy when the ring has one already,
    /// too_many_files_open for more places than RLIMIT_NOFILE allows.
    explicit direct_table(std::size_t places);
    direct_table(const direct_table&) = delete;
    direct_table& operator=(const direct_table&) = delete;

    /// Requires: nothing in it is open.
    ~direct_table();

    std::size_t places() const noexcept { return places_; }

    /// Descriptors of it that are open.
    std::size_t open() const noexcept { return open_; }

  private:
    friend class descriptor;

    void opened() noexcept { ++open_; }
    void detached() noexcept { --open_; }
    void close(int place) noexcept;

    home& home_;
    ring& ring_;
    std::size_t places_;
    std::size_t open_ = 0;
};

}  // namespace lariat
