#include "aio/transport/tls_session.hpp"

#include <chrono>
#include <new>

#include "aio/transport/tls_error.hpp"
#include "runtime/error.hpp"
#include "runtime/wait_report.hpp"

namespace lariat {

std::optional<std::error_code> tls_wait::known_outcome() const noexcept {
    if (asked_.what == kind::shutdown && asked_.which != direction::send)
        return std::make_error_code(std::errc::operation_not_supported);
    if (asked_.what == kind::receive && asked_.into.empty()) return std::error_code();
    if (asked_.what == kind::send && asked_.from.empty()) return std::error_code();
    return {};
}

bool tls_wait::launch() noexcept {
    if (!session_ || !session_->is_open()) return refuse(make_error_code(error::closed));
    if (begin_on_strand()) {
        if (const auto outcome = known_outcome())
            finish(*outcome);
        else if (defer(&tls_session::give_up, nullptr, lateness::tries_once))
            session_->add(*this);
    }
    const bool pending = end_launch();
    // Serving it may have been the try that a limit of zero asks for.
    if (pending && late()) abort(make_error_code(error::timed_out));
    return pending;
}

void tls_wait::describe(wait_report& report) const {
    static constexpr const char* names[] = {"handshake", "receive", "send", "shutdown"};
    aio::describe(report);
    report.name = names[static_cast<std::size_t>(asked_.what)];
    report.provider = "tls";
}

bool tls_pump::start(stream_model& below, const stream_request& step) noexcept {
    line_.reason = {};
    wait_.emplace(below, step);
    wait_->attach(&line_, *this);
    if (wait_->launch()) return true;
    finish();
    return false;
}

std::coroutine_handle<> tls_pump::notify() noexcept {
    finish();
    session_.serve();
    return std::noop_coroutine();
}

/// The step is over. What a stream throws ends the connection like an error of it.
void tls_pump::finish() noexcept {
    transfer step(0);
    try {
        step = wait_->await_resume();
    } catch (const std::bad_alloc&) {
        step = transfer(std::make_error_code(std::errc::not_enough_memory), 0);
    } catch (...) {
        step = transfer(std::make_error_code(std::errc::io_error), 0);
    }
    wait_.reset();
    // It is a scheduler that stops which cancels a pump.
    const bool cancelled = line_.reason && step.error() == std::error_code(line_.reason);
    (session_.*done_)(step, cancelled);
}

tls_session::tls_session(std::unique_ptr<stream_model> below, tls_engine engine) noexcept
    : below_(std::move(below)),
      engine_(std::move(engine)),
      incoming_(*this, &tls_session::came_in),
      outgoing_(*this, &tls_session::went_out) {}

tls_session::~tls_session() {
    end_all(make_error_code(error::closed));
    if (list_hook<strand_scope>::linked()) list_hook<strand_scope>::unlink();
}

aio_list& tls_session::list_of(tls_wait::kind what) noexcept {
    switch (what) {
        case tls_wait::kind::handshake:
            return shaking_;
        case tls_wait::kind::receive:
            return receiving_;
        case tls_wait::kind::send:
        case tls_wait::kind::shutdown:
            break;
    }
    return sending_;
}

void tls_session::add(tls_wait& wait) noexcept {
    if (!list_hook<strand_scope>::linked()) home::current().loose_scopes().push_front(*this);
    list_of(wait.asked_.what).push_back(wait);
    serve();
}

void tls_session::give_up(aio& operation, void*, std::error_code reason) noexcept {
    aio_list::remove(operation);
    operation.finish(reason, static_cast<tls_wait&>(operation).moved_);
}

/// Whatever can go on goes on: one step may make another possible.
void tls_session::serve() noexcept {
    if (serving_) return;
    serving_ = true;
    bool more = true;
    while (more) {
        more = serve_oldest(shaking_);
        more |= serve_oldest(receiving_);
        more |= serve_oldest(sending_);
        more |= pump_out();
        more |= pump_in();
    }
    serving_ = false;
}

/// Returns: whether the oldest wait came further.
bool tls_session::serve_oldest(aio_list& waiting) noexcept {
    aio* const oldest = waiting.pop_front();
    if (!oldest) return false;
    auto& wait = static_cast<tls_wait&>(*oldest);
    const bool was_sealed = wait.sealed_;
    bool over = false;
    if (wait.sealed_)
        over = is_sent(wait);
    else if (wait.asked_.what == tls_wait::kind::handshake)
        over = try_handshake(wait);
    else if (wait.asked_.what == tls_wait::kind::receive)
        over = try_receive(wait);
    else
        over = try_send(wait);
    if (over) {
        wait.finish(wait.outcome_, wait.moved_);
        return true;
    }
    waiting.push_front(wait);
    return wait.sealed_ != was_sealed;
}

bool tls_session::is_sent(tls_wait& wait) const noexcept {
    if (output_error_ && !wait.outcome_) wait.outcome_ = output_error_;
    return output_error_ || !engine_.has_output();
}

/// Returns: whether the wait is over, because nothing will come any more.
bool tls_session::wait_for_input(tls_wait& wait) noexcept {
    wait.outcome_ = input_error_;
    wants_input_ = true;
    return static_cast<bool>(input_error_);
}

bool tls_session::try_handshake(tls_wait& wait) noexcept {
    tls_step step;
    try {
        step = engine_.shake_hands();
    } catch (...) {
        thrown_ = std::current_exception();
        step.error = make_error_code(error::canceled);
    }
    heard_hello_ = engine_.has_output() || heard_hello_;
    if (step.wants_input) return wait_for_input(wait);
    wait.outcome_ = step.error;
    established_ = !step.error;
    // An alert is sent before the connection goes; for tickets nobody waits.
    if (established_ && engine_.only_tickets_left()) return true;
    wait.sealed_ = true;
    return false;
}

bool tls_session::try_receive(tls_wait& wait) noexcept {
    // A peer that makes this side answer, and takes no answers, is not read from.
    if (engine_.crowded() && !output_error_) return false;
    const tls_step step = engine_.read(wait.asked_.into);
    if (step.wants_input) return wait_for_input(wait);
    wait.outcome_ = step.error;
    wait.moved_ = step.count;
    return true;
}

bool tls_session::try_send(tls_wait& wait) noexcept {
    wait.outcome_ = output_error_;
    if (output_error_) return true;
    // One at a time is sealed: whoever is cancelled before has sent nothing.
    if (engine_.has_output()) return false;
    const bool sends = wait.asked_.what == tls_wait::kind::send;
    const tls_step step = sends ? engine_.write(wait.asked_.from) : engine_.end();
    if (step.wants_input) return wait_for_input(wait);
    wait.outcome_ = step.error;
    wait.moved_ = step.count;
    wait.sealed_ = !step.error;
    return !wait.sealed_;
}

/// Returns: whether a step was made at once.
bool tls_session::pump_out() noexcept {
    if (outgoing_.pending() || output_error_ || !engine_.has_output()) return false;
    return !outgoing_.start(*below_,
                            {.what = stream_request::kind::send, .from = engine_.output()});
}

bool tls_session::pump_in() noexcept {
    if (incoming_.pending() || input_error_ || !wants_input_) return false;
    wants_input_ = false;
    const auto room = engine_.room();
    if (!room) {
        lack_room(room.error());
        return true;
    }
    return !incoming_.start(*below_, {.what = stream_request::kind::receive, .into = *room});
}

/// Nothing was received, and nothing is lost: whoever waited for it may try again.
void tls_session::lack_room(std::error_code why) noexcept {
    if (closed_) {
        input_error_ = why;  // A goodbye does not.
        pulse();
        return;
    }
    for (aio_list* list : {&shaking_, &receiving_})
        while (aio* each = list->pop_front()) each->finish(why);
    // A send waits for the peer, too, if it is not sealed and nothing that goes before is left.
    aio* const oldest = engine_.has_output() ? nullptr : sending_.pop_front();
    if (!oldest) return;
    if (static_cast<tls_wait*>(oldest)->sealed_)
        sending_.push_front(*oldest);
    else
        oldest->finish(why);
}

void tls_session::went_out(const transfer& step, bool cancelled) noexcept {
    engine_.sent(step.count());
    if (step.error() && !cancelled)
        output_error_ = step.error();
    else if (!cancelled && step.count() == 0)
        output_error_ = std::make_error_code(std::errc::io_error);
    pulse();
}

void tls_session::came_in(const transfer& step, bool cancelled) noexcept {
    // So much is heard of a peer that does not take leave: tickets, and what crossed the goodbye.
    constexpr std::size_t patience_in_bytes = 32 * 1024;
    if (closed_) {
        discarded_ += step.count();
        wants_input_ = true;
        if (discarded_ > patience_in_bytes) input_error_ = make_error_code(error::closed);
    } else {
        // Whoever still wants more will say so: room is only asked for when all was taken.
        wants_input_ = false;
        engine_.arrived(step.count());
    }
    if (step.error() && !cancelled)
        input_error_ = step.error();
    else if (!cancelled && step.count() == 0)
        input_error_ = make_error_code(tls_error::truncated);
    pulse();
}

void tls_session::pulse() noexcept {
    progress_.set();
    progress_.reset();
}

void tls_session::end_all(std::error_code why) noexcept {
    for (aio_list* list : {&shaking_, &receiving_, &sending_})
        while (aio* each = list->pop_front())
            each->finish(why, static_cast<tls_wait*>(each)->moved_);
}

result<void> tls_session::update_keys() noexcept {
    if (closed_) return make_error_code(error::closed);
    if (output_error_) return output_error_;
    const auto why = engine_.update_keys();
    serve();
    return why;
}

void tls_session::cancel(std::error_code reason) noexcept {
    incoming_.line().cancel(reason);
    outgoing_.line().cancel(reason);
}

void tls_session::show_lines(line_visitor& visitor) {
    if (incoming_.pending()) visitor.visit(incoming_.line());
    if (outgoing_.pending()) visitor.visit(outgoing_.line());
}

}  // namespace lariat
