#pragma once

#include <atomic>
#include <optional>
#include <stop_token>
#include <utility>

#include "runtime/shield.hpp"

namespace lariat {

/// A request to stop as a message to the home of whoever waits.
class stop_message final : public runnable {
  public:
    explicit stop_message(strand& line) noexcept : line_(line) {}

    /// Requires: set once, before anyone can send.
    void address_to(home& at) noexcept { home_ = &at; }

    /// Threads: any.
    void send() noexcept {
        sent_.store(true, std::memory_order_release);
        home_->post(*this);
    }

    /// Requires: nobody can send any more.
    void recall() noexcept {
        if (sent_.load(std::memory_order_acquire) && !arrived_) home_->flush();
    }

  private:
    void run() noexcept override {}
    void arrive() noexcept override {
        arrived_ = true;
        line_.cancel(make_error_code(error::canceled));
    }

    strand& line_;
    home* home_ = nullptr;
    std::atomic<bool> sent_{false};
    bool arrived_ = false;
};

template <class Awaitable>
class with_stop_awaiter final : public single_member<Awaitable>,
                                public awaiting<with_stop_awaiter<Awaitable>> {
  public:
    with_stop_awaiter(std::stop_token token, Awaitable&& awaitable)
        : single_member<Awaitable>("with_stop", std::forward<Awaitable>(awaitable)),
          token_(std::move(token)),
          message_(this->only_.line) {}
    ~with_stop_awaiter() { withdraw(); }

    bool launch() noexcept {
        message_.address_to(home::current());
        callback_.emplace(token_, sender{message_});
        return this->launch_only();
    }

    auto await_resume() {
        withdraw();
        return this->only_.awaiter.await_resume();
    }

  private:
    struct sender {
        stop_message& message;
        void operator()() const noexcept { message.send(); }
    };

    /// Waits for a callback that runs, then for its message.
    void withdraw() noexcept {
        if (!callback_) return;
        callback_.reset();
        message_.recall();
    }

    std::stop_token token_;
    stop_message message_;
    std::optional<std::stop_callback<sender>> callback_;
};

template <class Awaitable>
class [[nodiscard]] with_stop_description {
  public:
    with_stop_description(std::stop_token token, Awaitable&& awaitable)
        : token_(std::move(token)), awaitable_(std::forward<Awaitable>(awaitable)) {}
    with_stop_awaiter<Awaitable> operator co_await() && {
        return with_stop_awaiter<Awaitable>(std::move(token_), std::forward<Awaitable>(awaitable_));
    }

  private:
    std::stop_token token_;
    Awaitable awaitable_;
};

/// Cancels `awaitable` when a stop is requested, from whatever thread; it then ends with
/// `canceled`, or with the value that came anyway.
/// Threads: the stop source may be anywhere; the rest is the awaiter's.
template <class Awaitable>
auto with_stop(std::stop_token token, Awaitable&& awaitable) {
    return with_stop_description<kept<Awaitable>>(std::move(token),
                                                  std::forward<Awaitable>(awaitable));
}

}  // namespace lariat
