#pragma once

namespace bench {

/// While it lives, this thread, and the children that it starts meanwhile for as long as they live,
/// have a network apart: nothing but the loopback device, and TCP that is not paced, for programs
/// that do not choose that themselves. It is the same one each time. What is measured before and
/// after is in the network of the machine.
class own_network {
  public:
    /// Does nothing where that is not allowed, as it is to root only.
    own_network();
    ~own_network();
    own_network(const own_network&) = delete;
    own_network& operator=(const own_network&) = delete;

    bool entered() const noexcept { return before_ >= 0; }

  private:
    int before_ = -1;  ///< The network to go back to.
};

}  // namespace bench
