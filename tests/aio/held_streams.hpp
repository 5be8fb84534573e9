#pragma once

#include <array>
#include <cstddef>
#include <system_error>

#include "aio/address.hpp"
#include "aio/aio.hpp"
#include "aio/buffer.hpp"
#include "aio/op/socket.hpp"
#include "aio/testing/stream_pair.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

// Streams of several kinds, for what holds any. Not in an unnamed namespace: GCC would warn of the
// coroutine that runs an operation of theirs.
namespace held {

/// What the streams of this file have in common.
class end_of_pair {
  public:
    explicit end_of_pair(lariat::testing::memory_stream& end) noexcept : end_(&end) {}

    void close() noexcept {
        end_->close();
        open_ = false;
    }
    bool is_open() const noexcept { return open_; }
    lariat::result<lariat::address> local_address() const { return lariat::address::loopback(1); }
    lariat::result<lariat::address> peer_address() const { return lariat::address::loopback(2); }

  protected:
    lariat::testing::memory_stream* end_;
    bool open_ = true;
};

/// Its operations are those of a provider.
class plain_stream : public end_of_pair {
  public:
    using end_of_pair::end_of_pair;

    auto receive(lariat::buffer_view buffer) noexcept { return end_->receive(buffer); }
    auto send(lariat::const_buffer_view buffer) noexcept { return end_->send(buffer); }
    lariat::task<lariat::result<void>> shutdown(lariat::direction) {
        end_->shutdown_send();
        co_return {};
    }
};

/// Its operations are coroutines.
class coroutine_stream : public end_of_pair {
  public:
    using end_of_pair::end_of_pair;

    lariat::task<lariat::transfer> receive(lariat::buffer_view buffer) {
        const auto got = co_await end_->receive(buffer);
        if (!got) co_return {got.error(), 0};
        co_return *got;
    }
    lariat::task<lariat::result<std::size_t>> send(lariat::const_buffer_view buffer) {
        co_return co_await end_->send(buffer);
    }
    lariat::task<lariat::result<void>> shutdown(lariat::direction) {
        co_return std::make_error_code(std::errc::operation_not_supported);
    }
};

/// Its operations are too large for the room that a wait has.
class bulky_stream : public plain_stream {
  public:
    using plain_stream::plain_stream;

    class bulky_receive final : public lariat::aio, public lariat::awaiting<bulky_receive> {
      public:
        explicit bulky_receive(lariat::buffer_view into) noexcept : into_(into) {}
        ~bulky_receive() { retire(); }

        bool launch() noexcept {
            if (begin_on_strand()) finish({}, into_.size());
            return end_launch();
        }
        lariat::result<std::size_t> await_resume() const noexcept { return count(); }

      private:
        lariat::buffer_view into_;
        [[maybe_unused]] std::array<std::byte, 4096> bulk_{};
    };
    struct receive_description {
        lariat::buffer_view into;
        bulky_receive operator co_await() const noexcept { return bulky_receive(into); }
    };

    receive_description receive(lariat::buffer_view buffer) noexcept { return {buffer}; }
};

}  // namespace held
