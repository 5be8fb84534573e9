#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "aio/address.hpp"
#include "aio/aio.hpp"
#include "aio/aio_group.hpp"
#include "aio/awaitable.hpp"
#include "aio/buffer.hpp"
#include "aio/lasting_group.hpp"
#include "aio/stream_wait.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

class inproc_end;
class inproc_door;

/// A wait at one end of a connection inside the process. Whoever makes it possible finishes it, on
/// any thread.
class inproc_wait : public aio {
  public:
    static constexpr bool told_by_aio = true;

    bool launch() noexcept;
    aio& subject() noexcept { return *this; }

  protected:
    inproc_wait(inproc_end& end, const stream_request& request) noexcept;
    virtual ~inproc_wait() { retire(); }

  private:
    friend class inproc_end;
    friend class inproc_pipe;
    friend class inproc_finished;

    void on_settled() noexcept override { member_.leave(); }
    void describe(wait_report& report) const override;

    inproc_end& end_;
    union {
        stream_request request_;
    };
    aio_group::member member_;

    // Under the connection's lock.
    bool waiting_ = false;
    std::errc error_{};
    std::size_t moved_ = 0;
};

template <class Yields>
class [[nodiscard]] inproc_wait_for final : public inproc_wait,
                                            public awaiting<inproc_wait_for<Yields>> {
  public:
    inproc_wait_for(inproc_end& end, const stream_request& request) noexcept
        : inproc_wait(end, request) {}

    Yields await_resume() const noexcept {
        if (const std::error_code why = error()) return why;
        if constexpr (std::same_as<Yields, result<void>>)
            return {};
        else
            return count();
    }
};

/// An operation of an `inproc_stream`, not begun.
template <class Yields>
class [[nodiscard]] inproc_operation {
  public:
    inproc_operation(inproc_end& end, const stream_request& request) noexcept
        : end_(&end), request_(request) {}
    inproc_wait_for<Yields> operator co_await() const noexcept { return {*end_, request_}; }

  private:
    inproc_end* end_;
    stream_request request_;
};

struct inproc_options {
    /// Bytes on their way in each direction before a send waits. At least 1.
    std::size_t capacity = 65536;
};

/// One end of a connection inside the process: a stream without a kernel, whose ends may be at home
/// on different threads. Closes itself. Its addresses name nothing.
///
/// Errors: of each operation: closed once `close` was called, also for what is pending then;
/// broken_pipe for a send that nobody will receive; not_enough_memory; canceled, timed_out.
/// Cancel: accepted at once: a cancelled receive took nothing, a cancelled send sent nothing.
/// Threads: those of one home for each end. Lifetime: may be moved, closed and destroyed under its
/// operations.
class inproc_stream {
    using kind = stream_request::kind;

  public:
    /// Closed from the start.
    inproc_stream() noexcept = default;
    inproc_stream(inproc_stream&&) noexcept = default;
    inproc_stream& operator=(inproc_stream&& other) noexcept {
        close();
        end_ = std::move(other.end_);
        return *this;
    }
    ~inproc_stream() { close(); }

    /// At least one byte, as soon as there is one; 0 when the peer is done and all that it sent was
    /// received, and for an empty buffer. `result<std::size_t>`.
    inproc_operation<result<std::size_t>> receive(buffer_view buffer) noexcept {
        return {end(), {.what = kind::receive, .into = buffer}};
    }

    /// As many bytes as there is room for, at least one; 0 for an empty buffer.
    /// `result<std::size_t>`.
    inproc_operation<result<std::size_t>> send(const_buffer_view buffer) noexcept {
        return {end(), {.what = kind::send, .from = buffer}};
    }

    /// The same into and from several buffers, in their order.
    inproc_operation<result<std::size_t>> receive_scattered(
        std::span<const buffer_view> buffers) noexcept {
        return {end(), {.what = kind::receive_scattered, .scattered = buffers}};
    }
    inproc_operation<result<std::size_t>> send_gathered(
        std::span<const const_buffer_view> buffers) noexcept {
        return {end(), {.what = kind::send_gathered, .gathered = buffers}};
    }

    /// After `direction::send` the peer receives what was sent, then the end. After
    /// `direction::receive` what is on its way is dropped, and the peer's sends fail.
    inproc_operation<result<void>> shutdown(direction which) noexcept {
        return {end(), {.what = kind::shutdown, .which = which, .into = {}}};
    }

    /// Ends what is pending with `closed`; the peer receives what was sent, then the end. Twice is
    /// fine.
    void close() noexcept;
    bool is_open() const noexcept { return end_ && !end_->ended(); }

    result<address> local_address() const noexcept;
    result<address> peer_address() const noexcept { return local_address(); }

  private:
    friend class inproc_end;

    explicit inproc_stream(lasting_owner<lasting_group> end) noexcept : end_(std::move(end)) {}
    inproc_end& end() const noexcept;

    lasting_owner<lasting_group> end_;
};

/// Two ends that are connected to one another.
/// Errors: throws `std::bad_alloc`.
std::pair<inproc_stream, inproc_stream> make_inproc_pair(inproc_options options = {});

/// The wait for a peer, or for a place among those that wait to be accepted.
class inproc_meeting final : public aio_awaitable<inproc_stream> {
  public:
    inproc_meeting(std::shared_ptr<inproc_door> door, inproc_stream given) noexcept;
    ~inproc_meeting() { this->retire(); }

  private:
    friend class inproc_door;

    void start() noexcept override;
    inproc_stream value() noexcept override { return std::move(stream_); }
    void describe(wait_report& report) const override;

    std::shared_ptr<inproc_door> door_;
    inproc_stream stream_;  // What a dial gives, and what an accept is given.
    const bool dials_;
    bool waiting_ = false;  // Under the door's lock.
};

struct inproc_listen_options {
    /// Peers that wait to be accepted; who dials when there are so many waits. At least 1.
    std::size_t backlog = 128;
    inproc_options connections{};
};

/// Waits for peers at a name inside the process.
/// Threads: those of one home; who dials may be on any. Lifetime: may be moved, closed and
/// destroyed while it accepts.
class inproc_listener {
  public:
    static constexpr std::size_t longest_name = 255;

    /// Closed from the start.
    inproc_listener() noexcept = default;
    inproc_listener(inproc_listener&&) noexcept = default;
    inproc_listener& operator=(inproc_listener&& other) noexcept {
        close();
        door_ = std::move(other.door_);
        return *this;
    }
    ~inproc_listener() { close(); }

    /// Listens from here on. Any bytes may be in the name.
    /// Errors: address_in_use; invalid_argument for an empty name, filename_too_long.
    static result<inproc_listener> open(std::string_view name, inproc_listen_options options = {});

    /// Yields the next peer.
    /// Errors: closed, canceled, timed_out (through `within`).
    /// Cancel: no peer is lost; it is there for the next.
    task<result<inproc_stream>> accept();

    /// Takes no more peers: what accepts ends with `closed`, who dials is refused, the name is
    /// free. Twice is fine.
    void close() noexcept;
    bool is_open() const noexcept;

    /// Names nothing. Errors: bad_file_descriptor once it is closed.
    result<address> local_address() const noexcept;

    /// `inproc://name`; empty once it is closed.
    std::string url() const;

  private:
    explicit inproc_listener(std::shared_ptr<inproc_door> door) noexcept : door_(std::move(door)) {}

    std::shared_ptr<inproc_door> door_;
};

/// Connects to who listens at a name, and waits while that one has no room for more.
/// Errors: connection_refused, also when the listener goes meanwhile; invalid_argument for an empty
/// name, filename_too_long; canceled, timed_out (through `within`): then nothing of the attempt is
/// left.
task<result<inproc_stream>> connect_inproc(std::string name);

}  // namespace lariat
