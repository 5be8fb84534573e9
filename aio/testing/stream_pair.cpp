#include "aio/testing/stream_pair.hpp"

#include <algorithm>

#include "runtime/check.hpp"
#include "runtime/wait_report.hpp"

namespace lariat::testing {

memory_pipe::memory_pipe(std::size_t capacity)
    : capacity_(capacity), bytes_(std::make_unique<std::byte[]>(capacity)) {
    check(capacity != 0, "stream_pair: a capacity of 0 would let nothing through");
}

bool memory_pipe::try_receive(memory_transfer& operation) noexcept {
    if (operation.size_ == 0) {
        operation.finish({}, 0);
        return true;
    }
    const std::size_t count = std::min({size_, operation.size_, most_});
    if (count == 0 && !ended_) return false;
    get(operation.into_, count);
    operation.finish({}, count);
    return true;
}

bool memory_pipe::try_send(memory_transfer& operation) noexcept {
    if (operation.size_ == 0) {
        operation.finish({}, 0);
        return true;
    }
    if (ended_ || broken_) {
        operation.finish(std::make_error_code(std::errc::broken_pipe));
        return true;
    }
    const std::size_t count = std::min({capacity_ - size_, operation.size_, most_});
    if (count == 0) return false;
    put(operation.from_, count);
    operation.finish({}, count);
    return true;
}

void memory_pipe::wait_for_bytes(memory_transfer& operation) noexcept {
    // Looked at before the defer: a limit of zero takes what is there.
    if (receiving_.empty() && try_receive(operation)) return pump();
    if (operation.defer(&memory_transfer::give_up, nullptr)) receiving_.push_back(operation);
}

void memory_pipe::wait_for_room(memory_transfer& operation) noexcept {
    if (sending_.empty() && try_send(operation)) return pump();
    if (operation.defer(&memory_transfer::give_up, nullptr)) sending_.push_back(operation);
}

void memory_pipe::end() noexcept {
    ended_ = true;
    pump();
}

void memory_pipe::break_off() noexcept {
    broken_ = true;
    size_ = 0;
    pump();
}

/// Whoever waits goes on, in order, for as long as that makes room or bytes for another. A finish
/// only queues its waiter, so no list changes while it is walked here.
void memory_pipe::pump() noexcept {
    const auto serve = [this](aio_list& waiting, auto attempt) {
        aio* oldest = waiting.pop_front();
        if (!oldest) return false;
        auto& operation = static_cast<memory_transfer&>(*oldest);
        if ((this->*attempt)(operation)) return true;
        waiting.push_front(operation);
        return false;
    };
    while (serve(receiving_, &memory_pipe::try_receive) ||
           serve(sending_, &memory_pipe::try_send)) {
    }
}

void memory_pipe::put(const std::byte* from, std::size_t count) noexcept {
    const std::size_t start = (first_ + size_) % capacity_;
    const std::size_t before_wrap = std::min(count, capacity_ - start);
    std::copy_n(from, before_wrap, bytes_.get() + start);
    std::copy_n(from + before_wrap, count - before_wrap, bytes_.get());
    size_ += count;
}

void memory_pipe::get(std::byte* to, std::size_t count) noexcept {
    const std::size_t before_wrap = std::min(count, capacity_ - first_);
    std::copy_n(bytes_.get() + first_, before_wrap, to);
    std::copy_n(bytes_.get(), count - before_wrap, to + before_wrap);
    first_ = (first_ + count) % capacity_;
    size_ -= count;
}

memory_transfer::memory_transfer(memory_stream& stream, buffer_view into) noexcept
    : stream_(stream), into_(into.data()), size_(into.size()), member_(stream.operations_, *this) {
    observed(true);
}

memory_transfer::memory_transfer(memory_stream& stream, const_buffer_view from) noexcept
    : stream_(stream),
      from_(from.data()),
      size_(from.size()),
      receives_(false),
      member_(stream.operations_, *this) {
    observed(true);
}

bool memory_transfer::launch() noexcept {
    if (!member_.enter()) return refuse(member_.refusal());
    if (begin_on_strand()) {
        if (receives_)
            stream_.in_.wait_for_bytes(*this);
        else
            stream_.out_.wait_for_room(*this);
    }
    return end_launch();
}

void memory_transfer::give_up(aio& operation, void*, std::error_code reason) noexcept {
    if (aio_list::remove(operation)) operation.finish(reason);
}

void memory_transfer::describe(wait_report& report) const {
    aio::describe(report);
    report.name = receives_ ? "receive" : "send";
    report.provider = "stream_pair";
}

void memory_stream::close() noexcept {
    if (operations_.ended()) return;
    operations_.close();
    out_.end();
    in_.break_off();
}

}  // namespace lariat::testing
