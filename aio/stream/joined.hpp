#pragma once

#include <type_traits>
#include <utility>

#include "aio/buffer.hpp"
#include "aio/stream.hpp"
#include "aio/stream/end_sending.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// A source and a sink as one byte stream: standard input and output, two pipes.
///
///     joined terminal(*standard_input(), *standard_output());
///     co_await relay(terminal, connection);
///
/// Lifetime: what is passed by name must outlive it, what is given away belongs to it.
template <class Source, class Sink>
    requires byte_source<std::remove_reference_t<Source>> &&
             byte_sink<std::remove_reference_t<Sink>>
class joined {
  public:
    joined(Source&& source, Sink&& sink)
        : source_(std::forward<Source>(source)), sink_(std::forward<Sink>(sink)) {}

    auto receive(buffer_view buffer) { return source_.receive(buffer); }
    auto send(const_buffer_view buffer) { return sink_.send(buffer); }

    /// Of the send side the sink is told, if it has a way to be told; the source is left alone.
    task<result<void>> shutdown(direction which) {
        if (which != direction::receive) {
            const auto told = co_await end_sending(sink_);
            co_return told;
        }
        co_return {};
    }

    std::remove_reference_t<Source>& source() noexcept { return source_; }
    std::remove_reference_t<Sink>& sink() noexcept { return sink_; }

  private:
    std::remove_cv_t<Source> source_;
    std::remove_cv_t<Sink> sink_;
};

template <class Source, class Sink>
joined(Source&&, Sink&&) -> joined<Source, Sink>;

}  // namespace lariat
