#include "aio/transport/inproc_pipe.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "runtime/check.hpp"
#include "runtime/wait_report.hpp"

namespace lariat {
namespace {

using kind = stream_request::kind;

std::span<const buffer_view> rooms_of(const stream_request& request) noexcept {
    if (request.what == kind::receive_scattered) return request.scattered;
    return {&request.into, 1};
}

std::span<const const_buffer_view> texts_of(const stream_request& request) noexcept {
    if (request.what == kind::send_gathered) return request.gathered;
    return {&request.from, 1};
}

/// Calls `move(view, count)` for each view until `count` bytes are shared out.
template <class Views, class Move>
void share_out(Views views, std::size_t count, Move move) noexcept {
    for (const auto& view : views) {
        if (count == 0) return;
        const std::size_t part = std::min(count, view.size());
        if (part != 0) move(view, part);
        count -= part;
    }
}

template <class Views>
std::size_t size_of(Views views) noexcept {
    std::size_t size = 0;
    for (const auto& view : views) size += view.size();
    return size;
}

}  // namespace

inproc_finished::~inproc_finished() {
    while (aio* each = list_.pop_front()) {
        auto& wait = static_cast<inproc_wait&>(*each);
        const auto why =
            wait.error_ == std::errc() ? std::error_code() : std::make_error_code(wait.error_);
        wait.finish(why, wait.moved_);
    }
}

void inproc_pipe::receive(inproc_wait& wait, inproc_finished& over) noexcept {
    begin(wait, receiving_, &inproc_pipe::try_receive, over);
}

void inproc_pipe::send(inproc_wait& wait, inproc_finished& over) noexcept {
    begin(wait, sending_, &inproc_pipe::try_send, over);
}

void inproc_pipe::begin(inproc_wait& wait, aio_list& waiting, attempt now,
                        inproc_finished& over) noexcept {
    // Looked at before the defer: a limit of zero takes what is there.
    if (waiting.empty() && (this->*now)(wait)) {
        over.add(wait);
        pump(over);
    } else if (wait.defer(&inproc_end::give_up, &wait.end_)) {
        wait.waiting_ = true;
        waiting.push_back(wait);
    }
}

void inproc_pipe::end(inproc_finished& over) noexcept {
    ended_ = true;
    pump(over);
}

void inproc_pipe::break_off(inproc_finished& over) noexcept {
    broken_ = true;
    ended_ = true;
    size_ = 0;
    pump(over);
}

bool inproc_pipe::serve(aio_list& waiting, attempt now, inproc_finished& over) noexcept {
    aio* const oldest = waiting.pop_front();
    if (!oldest) return false;
    auto& wait = static_cast<inproc_wait&>(*oldest);
    if (!(this->*now)(wait)) {
        waiting.push_front(wait);
        return false;
    }
    wait.waiting_ = false;
    over.add(wait);
    return true;
}

/// Whoever waits goes on, in order, for as long as that makes room or bytes for another.
void inproc_pipe::pump(inproc_finished& over) noexcept {
    while (serve(receiving_, &inproc_pipe::try_receive, over) ||
           serve(sending_, &inproc_pipe::try_send, over)) {
    }
}

bool inproc_pipe::try_receive(inproc_wait& wait) noexcept {
    const auto rooms = rooms_of(wait.request_);
    const std::size_t room = size_of(rooms);
    const std::size_t count = std::min(size_, room);
    if (count == 0 && room != 0 && !ended_) return false;
    share_out(rooms, count, [this](buffer_view each, std::size_t part) { get(each.data(), part); });
    wait.moved_ = count;
    return true;
}

bool inproc_pipe::try_send(inproc_wait& wait) noexcept {
    const auto texts = texts_of(wait.request_);
    const std::size_t wanted = size_of(texts);
    if (wanted == 0) return true;
    if (ended_ || broken_) {
        wait.error_ = std::errc::broken_pipe;
        return true;
    }
    if (!bytes_) bytes_.reset(new (std::nothrow) std::byte[capacity_]);
    if (!bytes_) {
        wait.error_ = std::errc::not_enough_memory;
        return true;
    }
    const std::size_t count = std::min(capacity_ - size_, wanted);
    if (count == 0) return false;
    share_out(texts, count,
              [this](const_buffer_view each, std::size_t part) { put(each.data(), part); });
    wait.moved_ = count;
    return true;
}

void inproc_pipe::put(const std::byte* from, std::size_t count) noexcept {
    const std::size_t start = (first_ + size_) % capacity_;
    const std::size_t before_wrap = std::min(count, capacity_ - start);
    std::copy_n(from, before_wrap, bytes_.get() + start);
    std::copy_n(from + before_wrap, count - before_wrap, bytes_.get());
    size_ += count;
}

void inproc_pipe::get(std::byte* to, std::size_t count) noexcept {
    const std::size_t before_wrap = std::min(count, capacity_ - first_);
    std::copy_n(bytes_.get() + first_, before_wrap, to);
    std::copy_n(bytes_.get(), count - before_wrap, to + before_wrap);
    first_ = (first_ + count) % capacity_;
    size_ -= count;
}

void inproc_end::start(inproc_wait& wait) noexcept {
    inproc_finished over;
    const std::scoped_lock lock(connection_->guard);
    switch (wait.request_.what) {
        case kind::receive:
        case kind::receive_scattered:
            return in().receive(wait, over);
        case kind::send:
        case kind::send_gathered:
            return out().send(wait, over);
        case kind::shutdown:
            break;
    }
    if (wait.request_.which != direction::receive) out().end(over);
    if (wait.request_.which != direction::send) in().break_off(over);
    over.add(wait);
}

void inproc_end::give_up(aio& operation, void* self, std::error_code reason) noexcept {
    auto& wait = static_cast<inproc_wait&>(operation);
    {
        const std::scoped_lock lock(static_cast<inproc_end*>(self)->connection_->guard);
        // Whoever took it out of its list is about to finish it.
        if (!std::exchange(wait.waiting_, false)) return;
        aio_list::remove(wait);
    }
    wait.finish(reason);
}

void inproc_end::shut() noexcept {
    if (ended()) return;
    // Pending operations of this end end with `closed`, before the pipes could end them otherwise.
    // The last of them may take this end with it, and its owner is there.
    const auto connection = connection_;
    close();
    inproc_finished over;
    const std::scoped_lock lock(connection->guard);
    connection->pipes[side_].end(over);
    connection->pipes[1 - side_].break_off(over);
}

}  // namespace lariat
