#pragma once

#include <concepts>
#include <system_error>
#include <type_traits>
#include <utility>

#include "aio/address.hpp"
#include "aio/buffer.hpp"
#include "aio/stream.hpp"
#include "aio/stream/end_sending.hpp"
#include "runtime/error.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// A source and a sink as one byte stream: standard input and output, two pipes.
///
///     joined terminal(*standard_input(), *standard_output());
///     co_await relay(terminal, connection);
///
/// Of two that can be closed it is a `stream`, and may be an `any_stream`.
/// Lifetime: what is passed by name must outlive it, what is given away belongs to it.
template <class Source, class Sink>
    requires byte_source<std::remove_reference_t<Source>> &&
             byte_sink<std::remove_reference_t<Sink>>
class joined {
    template <class Part>
    static constexpr bool can_close = requires(std::remove_reference_t<Part>& part) {
        { part.close() } noexcept -> std::same_as<void>;
        { std::as_const(part).is_open() } noexcept -> std::same_as<bool>;
    };
    static constexpr bool closes = can_close<Source> && can_close<Sink>;

  public:
    joined(Source&& source, Sink&& sink)
        : source_(std::forward<Source>(source)), sink_(std::forward<Sink>(sink)) {}

    auto receive(buffer_view buffer) { return source_.receive(buffer); }
    auto send(const_buffer_view buffer) { return sink_.send(buffer); }

    /// Of the send side the sink is told; the source is left alone.
    /// Errors: operation_not_supported if the sink has no way to be told.
    task<result<void>> shutdown(direction which) {
        if constexpr (closes)
            if (!is_open()) co_return error::closed;
        if (which == direction::receive) co_return {};
        if constexpr (!ends_sending<std::remove_reference_t<Sink>>)
            co_return std::make_error_code(std::errc::operation_not_supported);
        const auto told = co_await end_sending(sink_);
        co_return told;
    }

    /// Closes both; what is pending ends with `closed`. Twice is fine.
    void close() noexcept
        requires(closes)
    {
        source_.close();
        sink_.close();
    }

    /// Whether one of them is.
    bool is_open() const noexcept
        requires(closes)
    {
        return source_.is_open() || sink_.is_open();
    }

    /// They name nothing. Errors: bad_file_descriptor once it is closed.
    result<address> local_address() const noexcept
        requires(closes)
    {
        if (!is_open()) return std::make_error_code(std::errc::bad_file_descriptor);
        return address();
    }
    result<address> peer_address() const noexcept
        requires(closes)
    {
        return local_address();
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
