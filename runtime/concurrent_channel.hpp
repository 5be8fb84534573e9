#pragma once

#include "runtime/channel.hpp"
#include "runtime/concurrent_wait_list.hpp"

namespace lariat {

/// A `channel` between the coroutines of any homes. `try_send`, `try_receive`, their batches and
/// `close` may also be called by threads without a scheduler.
///
/// Each value costs a lock, and to wake another thread costs more: `send_all` and `receive_some`
/// pay once for many. Values are taken in their order; who waits is promised one in the order of
/// arrival, and takes the oldest one when its turn comes at home.
///
/// A child process (`fork`) makes its own.
/// Threads: any; what is awaited needs a home.
template <class T>
using concurrent_channel = basic_channel<T, concurrent_wait_list>;

}  // namespace lariat
