#pragma once

#include <cstddef>
#include <span>

namespace bench {

/// What the load and a server speak over a connection, where messages are not sent as they are.
class wire {
  public:
    wire() = default;
    virtual ~wire() = default;
    wire(const wire&) = delete;
    wire& operator=(const wire&) = delete;

    /// Returns: what is sent in place of these. Lifetime: until the next call.
    virtual std::span<const char> seal(std::span<const char> messages) = 0;

    /// Returns: how many bytes of messages have come with these.
    /// Errors: throws when the peer speaks something else.
    virtual std::size_t open(std::span<const char> received) = 0;
};

}  // namespace bench
