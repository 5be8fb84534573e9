#include "aio/sp/stream_peer.hpp"

#include <new>
#include <system_error>
#include <utility>

#include "aio/sp/memory_pauses.hpp"
#include "runtime/cancelled.hpp"
#include "runtime/home.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_any.hpp"
#include "runtime/yield.hpp"

namespace lariat {

stream_peer::stream_peer(sp_rules& owner, message_pipe&& pipe, const sp_options& options,
                         sp_pace pace)
    : sp_peer(owner, options.receive_queue),
      pipe_(std::move(pipe)),
      pace_(pace),
      outgoing_(options.send_queue) {}

void stream_peer::disconnect() noexcept {
    if (!pipe_) return;
    pipe_->close();
    pipe_.reset();
    // What has not left never will.
    owner_.unsent.remove(outgoing_.size() + std::exchange(leaving_, 0));
    outgoing_.release();
    let_go_of_held();
}

bool stream_peer::has_room() const noexcept {
    if (pace_ == sp_pace::one_by_one) return outgoing_.empty() && leaving_ == 0;
    return !outgoing_.full();
}

bool stream_peer::try_send(message& what) noexcept {
    if (has_room() && send_beyond(what)) return true;
    refusing_ = true;
    return false;
}

bool stream_peer::send_beyond(message& what) noexcept {
    if (!outgoing_.push(std::move(what))) return false;
    owner_.unsent.add(1);
    if (!has_room()) refusing_ = true;
    sendable_.set();
    return true;
}

bool stream_peer::enqueue(message_queue& from) noexcept {
    refusing_ = true;
    return from.give([&](message& oldest) noexcept { return outgoing_.push(std::move(oldest)); });
}

void stream_peer::send_newest(message what) noexcept {
    // Without memory for one more there is that of another, which is older.
    while (outgoing_.full() || !send_beyond(what)) {
        if (outgoing_.empty()) return;  // It is disconnected.
        (void)outgoing_.pop();
        owner_.unsent.remove(1);
    }
}

task<> stream_peer::talk(task<> receiving, task<> sending) {
    (void)co_await when_any(std::move(receiving), std::move(sending), ending_.wait());
    pipe_->close();
}

task<> stream_peer::receive_all() {
    message one;
    memory_pauses pauses;
    for (;;) {
        while (pipe_->next(one)) {
            auto became = owner_.arrived(*this, one);
            while (holds_up()) {
                const auto roomy = co_await roomy_.wait();
                if (!roomy) co_return;
                if (became == reception::no_memory) became = owner_.arrived(*this, one);
            }
            if (became != reception::taken) co_return;
        }
        std::error_code why;
        try {
            const auto filled = co_await pipe_->fill();
            why = filled.error();
        } catch (const std::bad_alloc&) {
            why = no_memory();
        }
        if (!why) {
            pauses.reset();
            continue;
        }
        if (why != no_memory() || !pauses.more(home::current().now())) co_return;
        const auto paused = co_await sleep_for(pauses.next());
        if (cancelled()) co_return;
        if (!paused) co_await yield();  // Without memory for a pause, too.
    }
}

task<> stream_peer::send_all() {
    memory_pauses pauses;
    for (;;) {
        // Else a batch goes on leaving.
        if (leaving_ == 0) {
            owner_.refill(*this);
            if (outgoing_.empty()) {
                const auto sendable = co_await sendable_.wait();
                if (!sendable) co_return;
                continue;
            }
            compose();
            if (pace_ == sp_pace::queued) tell_room();
        }
        std::error_code why;
        try {
            const auto sent = co_await pipe_->flush();
            why = sent.error();
        } catch (const std::bad_alloc&) {
            why = no_memory();
        }
        if (!why) {
            pauses.reset();
            batch_has_left();
            // A stream that takes all at once must not get all: the others' turn comes first.
            if (pace_ == sp_pace::one_by_one) co_await yield();
            continue;
        }
        if (why != no_memory() || !pauses.more(home::current().now())) co_return;
        const auto paused = co_await sleep_for(pauses.next());
        if (cancelled()) co_return;
        if (!paused) co_await yield();
    }
}

void stream_peer::compose() noexcept {
    while (!outgoing_.empty()) {
        const auto added = pipe_->add(outgoing_.front());
        if (added == sp_frame_writer::added::no) return;
        message taken = outgoing_.pop();
        ++leaving_;
        if (added == sp_frame_writer::added::referred) held_[held_count_++] = std::move(taken);
    }
}

void stream_peer::let_go_of_held() noexcept {
    for (std::size_t i = 0; i < held_count_; ++i) held_[i] = {};
    held_count_ = 0;
}

void stream_peer::batch_has_left() noexcept {
    let_go_of_held();
    owner_.unsent.remove(std::exchange(leaving_, 0));
    if (pace_ == sp_pace::one_by_one) tell_room();
}

void stream_peer::tell_room() noexcept {
    if (!refusing_ || !(pace_ == sp_pace::one_by_one ? has_room() : outgoing_.roomy())) return;
    refusing_ = false;
    owner_.has_room(*this);
}

}  // namespace lariat
