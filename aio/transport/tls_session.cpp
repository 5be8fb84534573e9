#include "aio/transport/tls_session.hpp"

#include <chrono>

#include "aio/transport/tls_error.hpp"
#include "runtime/error.hpp"
#include "runtime/home.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"

namespace lariat {
namespace {

// For an alert to a peer that may not be listening: longer than the way there, shorter than what
// the error it explains could wait.
constexpr auto alert_patience = std::chrono::seconds(1);

/// Why a task that has been cancelled starts nothing.
std::error_code reason_of_strand() noexcept {
    return here.line ? std::error_code(here.line->reason) : std::error_code();
}

}  // namespace

task<result<void>> tls_session::begin(reference self, duration limit) {
    co_return co_await within(limit, self->shake_hands());
}

task<result<void>> tls_session::shake_hands() {
    for (;;) {
        const tls_step step = engine_.shake_hands();
        // They go with what is sent first, or beside what is received first.
        if (!step.error && engine_.only_tickets_left()) co_return {};
        const auto told = co_await flush();
        if (step.error) co_return step.error;
        if (!told) co_return told.error();
        if (!step.wants_input) co_return {};
        const auto fed = co_await feed();
        if (!fed) co_return fed.error();
    }
}

task<result<std::size_t>> tls_session::receive(reference self, buffer_view buffer) {
    if (!self) co_return error::closed;
    if (const auto why = self->refusal()) co_return why;
    if (buffer.empty()) co_return std::size_t{0};
    for (;;) {
        if (self->engine_.crowded()) {
            const auto made = co_await self->make_room();
            if (!made) co_return made.error();
        }
        const tls_step step = self->engine_.read(buffer);
        if (step.error) {
            co_await self->tell_peer();
            co_return step.error;
        }
        if (!step.wants_input) co_return step.count;
        const auto fed = co_await self->feed();
        if (!fed) co_return fed.error();
    }
}

task<transfer> tls_session::send(reference self, const_buffer_view buffer) {
    if (!self) co_return transfer(error::closed, 0);
    if (const auto why = self->refusal()) co_return transfer(why, 0);
    if (buffer.empty()) co_return transfer(0);
    const auto turn = co_await self->sending_.lock();
    if (!turn) co_return transfer(turn.error(), 0);
    for (;;) {
        // What an operation before left goes first: it is a part of the same stream of records.
        const auto ready = co_await self->flush();
        if (!ready) co_return transfer(ready.error(), 0);
        const tls_step step = self->engine_.write(buffer);
        if (step.error) co_return transfer(step.error, 0);
        const auto sent = co_await self->flush();
        if (!sent || !step.wants_input) co_return transfer(sent.error(), step.count);
        const auto fed = co_await self->feed();
        if (!fed) co_return transfer(fed.error(), 0);
    }
}

task<result<void>> tls_session::shutdown(reference self, direction which) {
    if (!self) co_return error::closed;
    if (which != direction::send)
        co_return std::make_error_code(std::errc::operation_not_supported);
    const auto turn = co_await self->sending_.lock();
    if (!turn) co_return turn.error();
    for (;;) {
        if (const auto why = self->refusal()) co_return why;
        const tls_step step = self->engine_.end();
        if (step.error) co_return step.error;
        const auto sent = co_await self->flush();
        if (!sent || !step.wants_input) co_return sent;
        const auto fed = co_await self->feed();
        if (!fed) co_return fed;
    }
}

void tls_session::close() noexcept {
    if (std::exchange(closed_, true)) return;
    close_below();
}

std::error_code tls_session::refusal() const noexcept {
    if (closed_) return make_error_code(error::closed);
    return reason_of_strand();
}

/// Receives once from below, unless somebody else does so meanwhile.
task<result<void>> tls_session::feed() {
    const auto seen = arrivals_;
    const auto turn = co_await receiving_.lock();
    if (!turn) co_return turn.error();
    if (closed_) co_return error::closed;
    if (arrivals_ != seen) co_return {};
    if (truncated_) co_return tls_error::truncated;
    if (bytes_coming_in_) co_return tls_error::interrupted;
    const auto room = engine_.room();
    if (!room) co_return room.error();
    bytes_coming_in_ = true;
    const bool alone = !engine_.has_output() || sending_.locked();
    task<transfer> receiving = alone ? receive_below(*room) : receive_and_flush(*room);
    const transfer step = co_await std::move(receiving);
    bytes_coming_in_ = false;
    // Also beside an error: what has come counts.
    if (step.count() != 0) {
        engine_.arrived(step.count());
        ++arrivals_;
        co_return {};
    }
    if (step.error()) co_return step.error();
    truncated_ = true;
    co_return tls_error::truncated;
}

/// For what a cancelled send left behind, or an answer to the peer: it may be what the peer waits
/// for before it goes on.
task<transfer> tls_session::receive_and_flush(buffer_view room) {
    const auto turn = sending_.try_lock();
    if (!turn) co_return co_await receive_below(room);
    auto both = co_await when_any(receive_below(room), flush());
    const transfer received = both.get<0>();
    const bool only_for_the_flush =
        both.index == 1 && received.count() == 0 && received.error() == error::canceled;
    if (!only_for_the_flush) co_return received;
    co_return co_await receive_below(room);
}

/// Sends all that is sealed. Requires: the turn to send.
task<result<void>> tls_session::flush() {
    for (;;) {
        if (closed_) co_return error::closed;
        if (bytes_going_out_) co_return tls_error::interrupted;
        const const_buffer_view output = engine_.output();
        if (output.empty()) co_return {};
        bytes_going_out_ = true;
        const transfer step = co_await send_below(output);
        bytes_going_out_ = false;
        engine_.sent(step.count());
        if (step.error()) co_return step.error();
        if (step.count() == 0) co_return std::make_error_code(std::errc::io_error);
    }
}

/// A peer that makes this side answer, and takes no answers, is not read from.
task<result<void>> tls_session::make_room() {
    const auto turn = co_await sending_.lock();
    if (!turn) co_return turn.error();
    co_return co_await flush();
}

/// The engine has failed and may have an alert to send.
task<> tls_session::tell_peer() {
    const auto turn = sending_.try_lock();
    if (!turn || !engine_.has_output()) co_return;
    (void)co_await within(alert_patience, flush());
}

}  // namespace lariat
