#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace lariat::testing {

/// A certificate and its key, as PEM.
struct credentials {
    std::string certificate;
    std::string key;
};

/// What a certificate is to say.
struct certificate_request {
    /// Whom it names: a host, `*.example.org`, or a numeric address.
    std::string_view name = "localhost";
    /// What it is good for.
    enum class use { server, client } use = use::server;
    /// Where a server's name stands: as an alternative one, or only in the subject, as long ago.
    enum class place { alternative, subject } place = place::alternative;
    /// When, from now on.
    std::chrono::seconds since = std::chrono::hours(-1);
    std::chrono::seconds until = std::chrono::hours(1);
};

/// Makes certificates for tests, in memory: its keys are new for each run, and nobody else trusts
/// it.
///
///     certificate_authority authority;
///     const auto server = authority.issue({.name = "example.org"});
///
/// Errors: throws `std::runtime_error` when OpenSSL fails.
class certificate_authority {
  public:
    explicit certificate_authority(std::string_view name = "lariat tests");

    /// What who is to trust it needs, as PEM.
    const std::string& certificate() const noexcept { return own_.certificate; }

    credentials issue(const certificate_request& request = {}) const;

    /// An authority below this one; what it issues needs its certificate as a part of the chain.
    certificate_authority delegate(std::string_view name) const;

  private:
    explicit certificate_authority(credentials own) noexcept;

    credentials own_;
};

}  // namespace lariat::testing
