#pragma once

#include <system_error>
#include <utility>

#include "aio/stream.hpp"
#include "aio/stream/copied.hpp"
#include "aio/stream/copy.hpp"
#include "aio/stream/end_sending.hpp"
#include "runtime/result.hpp"
#include "runtime/scope.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Passes on what comes from one side, and then its end.
template <byte_source From, byte_sink To>
task<result<void>> relay_way(From& from, To& to, copy_options options, relayed& both,
                             copied relayed::* way) {
    copied came = co_await copy(from, to, options);
    if (came) {
        const auto told = co_await end_sending(to);
        if (!told) came = std::move(came).failed_after(told.error(), copy_side::sink);
    }
    const std::error_code why = came.error();
    both.ended(way, std::move(came));
    co_return why;
}

/// Passes on what comes from either stream to the other one, until both have ended. The end of one
/// is passed on by a shutdown of the other's send side, and the way back goes on.
/// Returns: how far each direction came.
/// Errors: of either direction; the other is cancelled then, and has `canceled`.
/// Cancel: both directions; no byte is lost, see `copied::rest`.
/// Lifetime: the streams outlive the task.
template <byte_stream One, byte_stream Other>
task<relayed> relay(One& one, Other& other, copy_options options = {}) {
    relayed both;
    task_scope ways(scope_policy::fail_fast);
    ways.spawn(relay_way(one, other, options, both, &relayed::forward));
    ways.spawn(relay_way(other, one, options, both, &relayed::backward));
    co_await ways.join();
    co_return both;
}

}  // namespace lariat
