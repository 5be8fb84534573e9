#pragma once

#include <system_error>

#include "aio/op/socket.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Whether a sink has a way to be told that no more comes.
template <class Sink>
concept ends_sending = requires(Sink& sink) { sink.shutdown(direction::send); } ||
                       requires(Sink& sink) { sink.shutdown_send(); };

/// Tells a sink that no more comes, if it has a way to be told.
/// Errors: those of its `shutdown`, except operation_not_supported.
template <class Sink>
task<result<void>> end_sending(Sink& sink) {
    if constexpr (requires { sink.shutdown(direction::send); }) {
        const auto told = co_await sink.shutdown(direction::send);
        if (told || told.error() != std::errc::operation_not_supported) co_return told;
    } else if constexpr (requires { sink.shutdown_send(); }) {
        sink.shutdown_send();
    }
    co_return {};
}

}  // namespace lariat
