#include "aio/stream/copied.hpp"

#include <algorithm>
#include <new>

namespace lariat {

held_bytes::held_bytes(std::size_t capacity) noexcept
    : memory_(new(std::nothrow) std::byte[capacity]), capacity_(memory_ ? capacity : 0) {}

void held_bytes::add(std::size_t count) noexcept {
    check(count <= capacity_ - last_, "copy: a source gave more bytes than it was asked for");
    last_ += count;
}

void held_bytes::drop(std::size_t count) noexcept {
    check(count <= last_ - first_, "copy: a sink took more bytes than it was given");
    first_ += count;
    if (first_ == last_) first_ = last_ = 0;
}

copied copied::with_error(std::error_code why) && noexcept {
    return {count_, why, side_, std::move(rest_)};
}

copied copied::failed_after(std::error_code why, copy_side side) && noexcept {
    return {count_, why, side, std::move(rest_)};
}

relayed relayed::with_error(std::error_code why) && noexcept {
    error_ = why;
    return std::move(*this);
}

void relayed::ended(copied relayed::* way, copied how) noexcept {
    if (!error_) error_ = how.error();
    this->*way = std::move(how);
}

copy_progress::copy_progress(std::size_t size) noexcept : held_(std::max<std::size_t>(size, 1)) {
    if (held_.capacity() == 0)
        failed(copy_side::none, std::make_error_code(std::errc::not_enough_memory));
}

// A source that failed may have given something before: the sink takes it first.
bool copy_progress::over() const noexcept {
    if (side_ == copy_side::sink) return true;
    return held().empty() && (ended_ || error_);
}

void copy_progress::received(const transfer& step) noexcept {
    held_.add(step.count());
    if (step.error())
        failed(copy_side::source, step.error());
    else if (step.count() == 0)
        ended();
}

void copy_progress::sent(const transfer& step) noexcept {
    held_.drop(step.count());
    passed(step.count());
    if (step.error())
        failed(copy_side::sink, step.error());
    else if (step.count() == 0)
        failed(copy_side::sink, std::make_error_code(std::errc::io_error));
}

void copy_progress::failed(copy_side side, std::error_code why) noexcept {
    side_ = side;
    error_ = why;
}

copied copy_progress::outcome() && noexcept { return {count_, error_, side_, std::move(held_)}; }

}  // namespace lariat
