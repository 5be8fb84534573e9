#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "aio/stream.hpp"
#include "runtime/event.hpp"
#include "runtime/home.hpp"
#include "runtime/within.hpp"

// A transport of another kind: a wrapper over any stream, which sends no faster than it is let.

namespace throttle {

namespace io = lariat;

/// What a line takes.
struct limit {
    std::size_t bytes_per_second;
    std::size_t most_at_once = 16 * 1024;
};

/// When the next bytes may go.
class pace {
  public:
    explicit pace(limit what) noexcept : limit_(what) {}

    /// Waits until it is time. Yields how many bytes may go at once.
    io::task<io::result<std::size_t>> turn() {
        const auto ended = co_await io::within(next_, ended_.wait());
        if (ended) co_return io::error::closed;
        if (ended.error() != io::error::timed_out) co_return ended.error();
        co_return limit_.most_at_once;
    }

    /// So many bytes went.
    void spend(std::size_t count) noexcept {
        const auto seconds =
            static_cast<double>(count) / static_cast<double>(limit_.bytes_per_second);
        const auto span =
            std::chrono::duration_cast<io::duration>(std::chrono::duration<double>(seconds));
        next_ = std::max(next_, io::home::current().now()) + span;
    }

    /// Whoever waits for a turn, and whoever will, is told `closed`.
    void end() noexcept { ended_.set(); }

  private:
    limit limit_;
    io::time_point next_{};
    io::event ended_;
};

inline io::transfer moved(io::transfer step) noexcept { return step; }
inline io::transfer moved(const io::result<std::size_t>& step) noexcept {
    return step ? io::transfer(*step) : io::transfer(step.error(), 0);
}

/// Sends in pieces, each of which waits for its turn before it takes a byte: a send that is
/// cancelled, late or closed meanwhile has sent nothing. Receives as the inner stream does.
/// Lifetime: is neither moved nor destroyed under its operations. One send at a time.
template <io::stream Inner>
class throttled_stream {
  public:
    throttled_stream(Inner inner, limit what)
        : inner_(std::move(inner)), pace_(std::make_unique<pace>(what)) {}

    auto receive(io::buffer_view into) { return inner_.receive(into); }

    io::task<io::transfer> send(io::const_buffer_view from) {
        const auto most = co_await pace_->turn();
        if (!most) co_return io::transfer(most.error(), 0);
        const auto piece = from.first(std::min(from.size(), *most));
        const io::transfer sent = moved(co_await inner_.send(piece));
        pace_->spend(sent.count());
        co_return sent;
    }

    auto shutdown(io::direction which) { return inner_.shutdown(which); }

    void close() noexcept {
        if (pace_) pace_->end();
        inner_.close();
    }
    bool is_open() const noexcept { return inner_.is_open(); }
    io::result<io::address> local_address() const { return inner_.local_address(); }
    io::result<io::address> peer_address() const { return inner_.peer_address(); }

  private:
    Inner inner_;
    std::unique_ptr<pace> pace_;  // An event cannot move.
};

template <io::stream_listener Inner>
class throttled_listener {
    using inner_stream =
        typename io::await_result<decltype(std::declval<Inner&>().accept())>::value_type;

  public:
    throttled_listener(Inner inner, limit of_each) : inner_(std::move(inner)), limit_(of_each) {}

    io::task<io::result<throttled_stream<inner_stream>>> accept() {
        auto peer = co_await inner_.accept();
        if (!peer) co_return peer.error();
        co_return throttled_stream<inner_stream>(*std::move(peer), limit_);
    }

    void close() noexcept { inner_.close(); }
    bool is_open() const noexcept { return inner_.is_open(); }
    io::result<io::address> local_address() const { return inner_.local_address(); }
    std::string url() const { return inner_.url(); }

  private:
    Inner inner_;
    limit limit_;
};

}  // namespace throttle
