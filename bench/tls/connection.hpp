#pragma once

#include <sched.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "aio/testing/certificates.hpp"
#include "bench/echo/child.hpp"
#include "bench/harness.hpp"

namespace bench {

/// What the server shows, made once.
const lariat::testing::credentials& tls_credentials();

/// Lets this thread go back to the CPUs that it may use now.
class kept_processors {
  public:
    kept_processors() noexcept { sched_getaffinity(0, sizeof before_, &before_); }
    ~kept_processors() { sched_setaffinity(0, sizeof before_, &before_); }
    kept_processors(const kept_processors&) = delete;
    kept_processors& operator=(const kept_processors&) = delete;

  private:
    cpu_set_t before_{};
};

/// A connection on the loopback device whose other end is a process that sends, and this thread on
/// a CPU of its own. All goes back with it.
class tls_connection {
  public:
    tls_connection(const job& work, std::string_view sender);
    ~tls_connection();
    tls_connection(const tls_connection&) = delete;
    tls_connection& operator=(const tls_connection&) = delete;

    int socket() const noexcept { return socket_; }

    /// Whoever closes the descriptor takes it.
    int release() noexcept { return std::exchange(socket_, -1); }

    static constexpr std::size_t buffer_size = 64 * 1024;

  private:
    kept_processors before_;
    std::unique_ptr<child> sender_;
    int socket_ = -1;
};

/// Bytes that a job receives, before and while it is measured.
struct tls_bytes_of {
    explicit tls_bytes_of(const job& work)
        : each(static_cast<std::uint64_t>(work.with["size"])),
          warmup(work.warmup * each),
          measured(work.items * each) {}

    std::uint64_t each;
    std::uint64_t warmup;
    std::uint64_t measured;
};

void report_bandwidth(meter& figures, const tls_bytes_of& bytes);

// How each sends.
void send_raw_tls(int socket, std::size_t size);
void send_lariat_tls(int socket, std::size_t size);

}  // namespace bench
