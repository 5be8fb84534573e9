#pragma once

#include "aio/op/socket.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Tells a sink that no more comes, if it has a way to be told.
/// Errors: those of its `shutdown`.
template <class Sink>
task<result<void>> end_sending(Sink& sink) {
    if constexpr (requires { sink.shutdown(direction::send); }) {
        const auto told = co_await sink.shutdown(direction::send);
        co_return told;
    } else if constexpr (requires { sink.shutdown_send(); }) {
        sink.shutdown_send();
    }
    co_return {};
}

}  // namespace lariat
