#pragma once

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include "aio/buffer.hpp"
#include "aio/op/socket.hpp"
#include "aio/transport/tls_engine.hpp"
#include "runtime/clock.hpp"
#include "runtime/mutex.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// What a `tls_stream` and its operations share: an engine, and the stream below it. It lives as
/// long as the last of them.
///
/// Who sends holds `sending_`, who receives holds `receiving_`, whatever for: reading may have to
/// answer, writing may have to hear an answer first. Whoever holds `receiving_` never waits for
/// `sending_`, so that a peer who does not read stops nobody who does.
///
/// Threads: those of one home.
class tls_session {
  public:
    class reference;

    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;

    tls_engine& engine() noexcept { return engine_; }

    /// The handshake, in at most so much time.
    /// Errors: timed_out when that has passed; else as `tls_connect`.
    static task<result<void>> begin(reference self, duration limit);

    static task<result<std::size_t>> receive(reference self, buffer_view buffer);
    static task<transfer> send(reference self, const_buffer_view buffer);
    static task<result<void>> shutdown(reference self, direction which);

    void close() noexcept;
    bool is_open() const noexcept { return !closed_; }

  protected:
    explicit tls_session(tls_engine engine) noexcept : engine_(std::move(engine)) {}
    virtual ~tls_session() = default;

  private:
    virtual task<transfer> receive_below(buffer_view buffer) = 0;
    virtual task<transfer> send_below(const_buffer_view buffer) = 0;
    virtual void close_below() noexcept = 0;

    std::error_code refusal() const noexcept;
    task<result<void>> shake_hands();
    task<result<void>> feed();
    task<transfer> receive_and_flush(buffer_view room);
    task<result<void>> flush();
    task<result<void>> make_room();
    task<> tell_peer();

    tls_engine engine_;
    mutex sending_;
    mutex receiving_;
    std::uint64_t arrivals_ = 0;
    unsigned owners_ = 0;
    bool closed_ = false;
    bool truncated_ = false;
    // Still set when somebody else comes: an operation was destroyed, and took with it how many
    // bytes it had moved.
    bool bytes_going_out_ = false;
    bool bytes_coming_in_ = false;
};

/// Shares a session.
class tls_session::reference {
  public:
    reference() noexcept = default;
    explicit reference(tls_session* session) noexcept : session_(session) { enter(); }
    reference(const reference& other) noexcept : session_(other.session_) { enter(); }
    reference(reference&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
    reference& operator=(reference other) noexcept {
        std::swap(session_, other.session_);
        return *this;
    }
    ~reference() {
        if (session_ && --session_->owners_ == 0) delete session_;
    }

    explicit operator bool() const noexcept { return session_ != nullptr; }
    tls_session* operator->() const noexcept { return session_; }
    tls_session* get() const noexcept { return session_; }

  private:
    void enter() noexcept {
        if (session_) ++session_->owners_;
    }

    tls_session* session_ = nullptr;
};

}  // namespace lariat
