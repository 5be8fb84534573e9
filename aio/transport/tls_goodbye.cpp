#include <chrono>
#include <future>
#include <utility>

#include "aio/transport/tls_session.hpp"
#include "runtime/error.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/shield.hpp"
#include "runtime/start_on.hpp"
#include "runtime/within.hpp"

// How a session begins, and how it ends: with a goodbye that outlives whoever closed it.

namespace lariat {
namespace {

// What was sent is on its way, and the peer is slow, or it is gone.
constexpr auto patience = std::chrono::seconds(10);

}  // namespace

/// Keeps a session for as long as it lives.
class tls_session::keeper {
  public:
    explicit keeper(tls_session& session) noexcept : session_(&session) { session.kept_ = true; }
    keeper(keeper&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
    keeper& operator=(keeper&&) = delete;
    ~keeper() {
        if (!session_) return;
        session_->kept_ = false;
        session_->kept_since_.set();
        if (!session_->owned_) delete session_;
    }

    tls_session& operator*() const noexcept { return *session_; }

  private:
    tls_session* session_;
};

task<result<void>> tls_session::begin(duration limit) {
    // It must be there before anything is pending below: only then is there always somebody who
    // waits for the end of that.
    if (auto* const loop = dynamic_cast<scheduler*>(&home::current())) {
        // The goodbye is made as well: later nobody could be told of a lack of memory.
        (void)start_on(*loop, keep(keeper(*this), say_goodbye()));
        const auto kept = co_await kept_since_.wait();
        if (!kept) co_return kept.error();
    }
    const auto shaken = co_await within(
        limit, tls_operation<result<void>>(this, {.what = tls_wait::kind::handshake}));
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    co_return shaken;
}

void tls_session::close() noexcept {
    if (std::exchange(closed_, true)) return;
    end_all(make_error_code(error::closed));
    if (established_ && !output_error_) {
        (void)engine_.end();
        if (here.at) serve();  // Else the keeper does, once its scheduler runs again.
    }
    if (!kept_ || !established_) below_->close();
    closing_.set();
}

void tls_session::let_go() noexcept {
    owned_ = false;
    close();
    if (!kept_) delete this;
}

/// It stays as long as the session is in use; a scheduler that stops cuts only the goodbye short.
task<> tls_session::keep(keeper self, task<result<void>> goodbye) {
    tls_session& session = *self;
    session.kept_since_.set();
    (void)co_await shield(session.closing_.wait());
    try {
        if (session.established_) (void)co_await within(patience, std::move(goodbye));
    } catch (...) {
        // What the stream below throws ends it as an error of it does.
        session.output_error_ = std::make_error_code(std::errc::io_error);
    }
    session.below_->close();
    while (!session.idle()) {
        const auto moved = co_await shield(session.progress_.wait());
        if (!moved) break;
    }
}

/// Sends what is left, and waits until the peer has taken it: a connection that is closed while
/// something it received lies unread would be reset, and what is on its way be lost.
task<result<void>> tls_session::say_goodbye() {
    serve();
    while (!output_error_ && engine_.has_output()) {
        const auto sent = co_await progress_.wait();
        if (!sent) co_return sent.error();
    }
    if (output_error_) co_return output_error_;
    const auto ended = co_await stream_operation<result<void>>(
        *below_, {.what = stream_request::kind::shutdown, .which = direction::send, .into = {}});
    if (!ended) co_return ended.error();
    wants_input_ = true;
    serve();
    while (!input_error_) {
        const auto heard = co_await progress_.wait();
        if (!heard) co_return heard.error();
    }
    co_return {};
}

}  // namespace lariat
