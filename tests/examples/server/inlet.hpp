#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "aio/descriptor.hpp"
#include "aio/op/buffer_pool.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/pooled.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/task.hpp"

namespace server {

class inlet;

/// What the connections of one scheduler share: buffers for what arrives, and their end.
/// Lifetime: outlives its inlets.
class inlets {
  public:
    /// Nothing more is taken in. What has arrived is still there; behind it each inlet ends with
    /// `closed`, those that will be made included.
    void close() noexcept;

  private:
    friend class inlet;

    // 256 pages stay in the processor's second cache, and a burst from as many peers fits.
    lariat::buffer_pool pool_{{.buffers = 256, .size = 4096}};
    lariat::intrusive_list<inlet> open_;
    bool closed_ = false;
};

/// The bytes that come from one peer, side by side, until they are consumed. One entry of the ring
/// serves the connection; what only waits holds no buffer.
/// Lifetime: the socket outlives it.
class inlet final : public lariat::list_hook<> {
  public:
    inlet(lariat::descriptor_ref socket, inlets& all);
    ~inlet();

    /// `co_await in.next()` yields what arrived next, for `add`.
    /// Errors: end_of_stream; closed; those of `receive`.
    auto& next() noexcept { return arriving_.next(); }

    void add(lariat::pooled_buffer arrived);

    /// What has arrived and is not consumed.
    /// Lifetime: until `add` or `consume`.
    std::string_view bytes() const noexcept;

    /// Requires: there are so many bytes.
    void consume(std::size_t count) noexcept;

    void close() noexcept { arriving_.close(); }

  private:
    lariat::multishot<lariat::receive_pooled> arriving_;
    lariat::pooled_buffer latest_;  // What is in no one else's way stays where the kernel put it.
    std::string kept_;              // What began in a buffer before: then all is here.
    std::size_t consumed_ = 0;      // Of either.
};

/// Ends a connection whose last answer was sent: waits for the peer's end, for a moment, and drops
/// what it still says. Closed at once, TCP would take the answer back that the peer has not read.
lariat::task<> hang_up(lariat::tcp_stream& peer, inlet& in);

}  // namespace server
