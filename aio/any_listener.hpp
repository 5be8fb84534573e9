#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <utility>

#include "aio/address.hpp"
#include "aio/any_stream.hpp"
#include "aio/stream.hpp"
#include "runtime/composite.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// What an `any_listener` holds.
class listener_model {
  public:
    virtual ~listener_model() = default;

    virtual task<result<any_stream>> accept() = 0;
    virtual void close() noexcept = 0;
    virtual bool is_open() const noexcept = 0;
    virtual result<address> local_address() const = 0;
    virtual std::string url() const = 0;

    /// Returns: the listener if it is of the type that `type` is the tag of; else null.
    virtual void* get(const void* type) noexcept = 0;

    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        frame_pool::release(memory, size);
    }
};

/// Awaits what yields a `result` of some stream.
template <class Awaitable>
task<result<any_stream>> as_any_stream(Awaitable awaitable) {
    auto made = co_await std::move(awaitable);
    if (!made) co_return made.error();
    co_return any_stream(*std::move(made));
}

/// A listener of a known type, as `any_listener` holds it.
template <stream_listener Listener>
class listener_model_of final : public listener_model {
  public:
    explicit listener_model_of(Listener held) : listener_(std::move(held)) {}

  private:
    task<result<any_stream>> accept() override { return as_any_stream(listener_.accept()); }
    void close() noexcept override { listener_.close(); }
    bool is_open() const noexcept override { return listener_.is_open(); }
    result<address> local_address() const override { return listener_.local_address(); }
    std::string url() const override { return listener_.url(); }
    void* get(const void* type) noexcept override {
        return type == &type_tag<Listener> ? &listener_ : nullptr;
    }

    Listener listener_;
};

/// A listener of any type, owned.
/// Threads: those of the listener. Lifetime: may be moved, closed and destroyed while it accepts.
class any_listener {
  public:
    /// Closed from the start.
    any_listener() noexcept = default;

    /// Takes over a listener. Errors: throws `std::bad_alloc`.
    template <stream_listener Listener>
        requires(!std::same_as<Listener, any_listener>)
    any_listener(Listener held)
        : model_(std::make_unique<listener_model_of<Listener>>(std::move(held))) {}

    /// Takes over what behaves like a listener. Requires: not null.
    explicit any_listener(std::unique_ptr<listener_model> model) noexcept
        : model_(std::move(model)) {}

    /// Yields the next peer.
    /// Errors: those of the listener; closed.
    task<result<any_stream>> accept() { return model().accept(); }

    /// Takes no more peers: what accepts ends with `closed`. Twice, or on nothing, is fine.
    void close() noexcept { model().close(); }
    bool is_open() const noexcept { return model().is_open(); }

    /// Where it listens; names nothing where there are no addresses.
    result<address> local_address() const { return model().local_address(); }

    /// What a peer dials, with the port that the kernel chose; empty once it is closed.
    std::string url() const { return model().url(); }

    /// Returns: the listener if it is a `Listener`, for what only that one can do; else null.
    template <class Listener>
    Listener* get_if() noexcept {
        return static_cast<Listener*>(model().get(&type_tag<Listener>));
    }

  private:
    listener_model& model() const noexcept { return model_ ? *model_ : no_listener(); }

    /// What is closed from the start, and stateless.
    static listener_model& no_listener() noexcept;

    std::unique_ptr<listener_model> model_;
};

}  // namespace lariat
