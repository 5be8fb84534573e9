#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "aio/any_stream.hpp"
#include "aio/stream.hpp"
#include "aio/testing/stream_pair.hpp"
#include "runtime/task.hpp"

/// One end of a stream pair, as a stream that somebody owns.
class lent_stream {
  public:
    explicit lent_stream(lariat::testing::memory_stream& end) noexcept : end_(&end) {}
    lent_stream(lent_stream&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
    ~lent_stream() {
        if (end_) end_->close();
    }

    auto receive(lariat::buffer_view buffer) noexcept { return end_->receive(buffer); }
    auto send(lariat::const_buffer_view buffer) noexcept { return end_->send(buffer); }
    lariat::task<lariat::result<void>> shutdown(lariat::direction) {
        co_return std::make_error_code(std::errc::operation_not_supported);
    }
    void close() noexcept {
        end_->close();
        open_ = false;
    }
    bool is_open() const noexcept { return open_; }
    lariat::result<lariat::address> local_address() const { return lariat::address(); }
    lariat::result<lariat::address> peer_address() const { return lariat::address(); }

  private:
    lariat::testing::memory_stream* end_;
    bool open_ = true;
};

inline lariat::any_stream lent(lariat::testing::memory_stream& end) {
    return lariat::any_stream(std::in_place_type<lent_stream>, end);
}

inline lariat::task<> write_raw(lariat::testing::memory_stream& to, std::string_view bytes) {
    (void)co_await lariat::write_all(to, bytes);
}

inline lariat::task<std::string> read_raw(lariat::testing::memory_stream& from, std::size_t count) {
    std::string bytes(count, '\0');
    const auto got = co_await lariat::read_exactly(from, bytes);
    bytes.resize(got.count());
    co_return bytes;
}
