#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <utility>

#include "aio/address.hpp"
#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/stream.hpp"
#include "aio/stream_wait.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// Tells types apart by its address.
template <class>
inline constexpr char type_tag = 0;

/// A stream of a known type, as `any_stream` holds it.
template <stream Stream>
class stream_model_of final : public stream_model {
  public:
    template <class... Args>
    explicit stream_model_of(Args&&... args) : stream_(std::forward<Args>(args)...) {}

  private:
    bool launch(stream_wait& wait) noexcept override {
        const stream_request& asked = wait.request();
        using kind = stream_request::kind;
        switch (asked.what) {
            case kind::receive:
                return wait.run([&] { return stream_.receive(asked.into); });
            case kind::send:
                return wait.run([&] { return stream_.send(asked.from); });
            case kind::receive_scattered:
                return wait.run([&] { return receive_into(stream_, asked.scattered); });
            case kind::send_gathered:
                return wait.run([&] { return send_from(stream_, asked.gathered); });
            case kind::shutdown:
                break;
        }
        return wait.run([&] { return stream_.shutdown(asked.which); });
    }

    void close() noexcept override { stream_.close(); }
    bool is_open() const noexcept override { return stream_.is_open(); }
    result<address> local_address() const override { return stream_.local_address(); }
    result<address> peer_address() const override { return stream_.peer_address(); }

    descriptor_ref socket() const noexcept override {
        if constexpr (requires { stream_.socket(); })
            return stream_.socket();
        else
            return {};
    }

    void* get(const void* type) noexcept override {
        return type == &type_tag<Stream> ? &stream_ : nullptr;
    }

    Stream stream_;
};

/// A stream of any type, owned. An operation through it costs one virtual call more than the
/// stream's own and no allocation, and takes part in `within`, `when_any` and cancel in the same
/// way. Yields `transfer` where the stream's own may yield `result<std::size_t>`.
///
/// Errors: those of the stream; closed, of one that holds none.
/// Threads: those of the stream. Lifetime: that of the stream it holds: what may be moved, closed
/// and destroyed under its operations may be so in here.
class any_stream {
  public:
    /// Closed from the start.
    any_stream() noexcept = default;

    /// Takes over a stream. Errors: throws `std::bad_alloc`.
    template <stream Stream>
        requires(!std::same_as<Stream, any_stream>)
    any_stream(Stream held) : model_(std::make_unique<stream_model_of<Stream>>(std::move(held))) {}

    /// Makes a stream in place, one that cannot be moved for instance.
    template <stream Stream, class... Args>
    explicit any_stream(std::in_place_type_t<Stream>, Args&&... args)
        : model_(std::make_unique<stream_model_of<Stream>>(std::forward<Args>(args)...)) {}

    /// Takes over what behaves like a stream. Requires: not null.
    explicit any_stream(std::unique_ptr<stream_model> model) noexcept : model_(std::move(model)) {}

    /// At least one byte, as soon as there is one; 0 when the peer is done, and for an empty
    /// buffer.
    stream_operation<transfer> receive(buffer_view buffer) noexcept {
        return {model(), {.what = stream_request::kind::receive, .into = buffer}};
    }

    /// Some of the buffer, at least one byte. See `write_all`.
    stream_operation<transfer> send(const_buffer_view buffer) noexcept {
        return {model(), {.what = stream_request::kind::send, .from = buffer}};
    }

    /// The same into and from several buffers, in their order. A stream that knows only one at a
    /// time is given the first that is not empty. Lifetime: the array of views too stays as it is
    /// until the operation has finished.
    stream_operation<transfer> receive_scattered(std::span<const buffer_view> buffers) noexcept {
        return {model(), {.what = stream_request::kind::receive_scattered, .scattered = buffers}};
    }
    stream_operation<transfer> send_gathered(std::span<const const_buffer_view> buffers) noexcept {
        return {model(), {.what = stream_request::kind::send_gathered, .gathered = buffers}};
    }

    /// Ends a direction: after `direction::send` the peer receives the end.
    /// Errors: operation_not_supported if the stream cannot end that direction alone.
    stream_operation<result<void>> shutdown(direction which) noexcept {
        return {model(), {.what = stream_request::kind::shutdown, .which = which, .into = {}}};
    }

    /// Ends what is pending with `closed`. Does not wait. Twice, or on nothing, is fine.
    void close() noexcept { model().close(); }
    bool is_open() const noexcept { return model().is_open(); }

    result<address> local_address() const { return model().local_address(); }
    result<address> peer_address() const { return model().peer_address(); }

    /// The socket at the bottom, for options of one's own; refers to none where there is none.
    descriptor_ref socket() const noexcept { return model().socket(); }

    /// Returns: the stream if it is a `Stream`, for what only that one can do; else null.
    template <class Stream>
    Stream* get_if() noexcept {
        return static_cast<Stream*>(model().get(&type_tag<Stream>));
    }

  private:
    stream_model& model() const noexcept { return model_ ? *model_ : no_stream(); }

    /// What is closed from the start, and stateless.
    static stream_model& no_stream() noexcept;

    std::unique_ptr<stream_model> model_;
};

}  // namespace lariat
