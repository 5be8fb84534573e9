#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "aio/aio.hpp"
#include "aio/aio_list.hpp"
#include "aio/buffer.hpp"
#include "aio/op/socket.hpp"
#include "aio/stream_wait.hpp"
#include "aio/transport/tls_engine.hpp"
#include "runtime/cancellation.hpp"
#include "runtime/event.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

class tls_session;

/// A wait at one end of a TLS connection. The session finishes it.
class tls_wait : public aio {
  public:
    static constexpr bool told_by_aio = true;

    enum class kind : std::uint8_t { handshake, receive, send, shutdown };

    /// Parameters only.
    struct request {
        kind what = kind::handshake;
        direction which = direction::send;  ///< Of `shutdown`.
        buffer_view into{};                 ///< Of `receive`.
        const_buffer_view from{};           ///< Of `send`.
    };

    bool launch() noexcept;
    aio& subject() noexcept { return *this; }

  protected:
    tls_wait(tls_session* session, const request& asked) noexcept
        : session_(session), asked_(asked) {}
    virtual ~tls_wait() { retire(); }

  private:
    friend class tls_session;

    /// Returns: an outcome that is known before anything begins.
    std::optional<std::error_code> known_outcome() const noexcept;
    void describe(wait_report& report) const override;

    tls_session* session_;
    const request asked_;
    // What is sealed will be sent, whatever becomes of the wait; it waits only to tell when.
    bool sealed_ = false;
    std::size_t moved_ = 0;
    std::error_code outcome_;
};

template <class Yields>
class [[nodiscard]] tls_wait_for final : public tls_wait, public awaiting<tls_wait_for<Yields>> {
  public:
    tls_wait_for(tls_session* session, const request& asked) noexcept : tls_wait(session, asked) {}

    Yields await_resume() const noexcept {
        if constexpr (std::same_as<Yields, transfer>)
            return {error(), count()};
        else
            return error();
    }
};

/// An operation of a `tls_stream`, not begun. `co_await` yields `Yields`.
template <class Yields>
class [[nodiscard]] tls_operation {
  public:
    tls_operation(tls_session* session, const tls_wait::request& asked) noexcept
        : session_(session), asked_(asked) {}
    tls_wait_for<Yields> operator co_await() const noexcept { return {session_, asked_}; }

  private:
    tls_session* session_;
    tls_wait::request asked_;
};

/// Moves bytes between an engine and the stream below it, one step at a time, on nobody's behalf:
/// whoever waited may have gone, and no byte is lost with him.
class tls_pump final : private listener {
  public:
    /// `cancelled`: by who cancelled the pump, which says nothing of the stream.
    using handler = void (tls_session::*)(const transfer& step, bool cancelled) noexcept;

    tls_pump(tls_session& session, handler done) noexcept : session_(session), done_(done) {}

    bool pending() const noexcept { return wait_.has_value(); }

    /// Requires: not pending. Returns: whether it is pending now; else the step was handled.
    bool start(stream_model& below, const stream_request& step) noexcept;

    strand& line() noexcept { return line_; }

  private:
    std::coroutine_handle<> notify() noexcept override;
    void finish() noexcept;

    tls_session& session_;
    const handler done_;
    strand line_;
    std::optional<stream_wait_for<transfer>> wait_;
};

/// What a `tls_stream` is made of: an engine, and the stream below it. It is owned by its stream,
/// and kept by a task of its own which says goodbye after the stream is gone.
///
/// Whoever waits is in one of three lists. Each step of a pump, and each new wait, serves them:
/// the engine is asked again, and what it has to send or wants to hear sets the pumps going.
///
/// Threads: those of one home.
class tls_session final : private strand_scope {
  public:
    tls_session(std::unique_ptr<stream_model> below, tls_engine engine) noexcept;
    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;

    /// The handshake, in at most so much time.
    /// Errors: timed_out when that has passed; else as `tls_connect`. Rethrows what a chooser
    /// throws. Lifetime: the owner outlives it.
    task<result<void>> begin(duration limit);

    /// Ends what is pending with `closed`, and says goodbye in the background.
    void close() noexcept;
    bool is_open() const noexcept { return !closed_; }

    /// Of a server: the client's hello has come, and was answered.
    bool heard_hello() const noexcept { return heard_hello_; }

    result<void> update_keys() noexcept;

    tls_engine& engine() noexcept { return engine_; }
    stream_model& below() noexcept { return *below_; }

    /// The owner is gone.
    struct release {
        void operator()(tls_session* session) const noexcept { session->let_go(); }
    };
    using owner = std::unique_ptr<tls_session, release>;

  private:
    friend class tls_wait;
    friend class tls_pump;
    class keeper;

    ~tls_session();

    aio_list& list_of(tls_wait::kind what) noexcept;
    void add(tls_wait& wait) noexcept;
    static void give_up(aio& wait, void*, std::error_code reason) noexcept;

    void serve() noexcept;
    bool serve_oldest(aio_list& waiting) noexcept;
    bool try_handshake(tls_wait& wait) noexcept;
    bool try_receive(tls_wait& wait) noexcept;
    bool try_send(tls_wait& wait) noexcept;
    bool wait_for_input(tls_wait& wait) noexcept;
    bool is_sent(tls_wait& wait) const noexcept;
    bool pump_in() noexcept;
    bool pump_out() noexcept;
    void lack_room(std::error_code why) noexcept;
    void came_in(const transfer& step, bool cancelled) noexcept;
    void went_out(const transfer& step, bool cancelled) noexcept;

    bool idle() const noexcept { return !incoming_.pending() && !outgoing_.pending(); }
    void pulse() noexcept;
    void end_all(std::error_code why) noexcept;

    void let_go() noexcept;
    static task<> keep(keeper self, task<result<void>> goodbye);
    task<result<void>> say_goodbye();

    void cancel(std::error_code reason) noexcept override;
    void show_lines(line_visitor& visitor) override;

    std::unique_ptr<stream_model> below_;
    tls_engine engine_;
    aio_list shaking_;
    aio_list receiving_;
    aio_list sending_;
    tls_pump incoming_;
    tls_pump outgoing_;
    std::error_code input_error_;   // No more will come, and why.
    std::error_code output_error_;  // No more can be sent, and why.
    std::exception_ptr thrown_;     // By a chooser.
    std::size_t discarded_ = 0;     // Of what came after this side was closed.
    event progress_;                // Set for a moment by every step of a pump.
    event kept_since_;              // The keeper is there.
    event closing_;
    bool wants_input_ = false;
    bool serving_ = false;
    bool heard_hello_ = false;
    bool established_ = false;
    bool closed_ = false;
    bool owned_ = true;
    bool kept_ = false;
};

}  // namespace lariat
