#include "tests/examples/server/inlet.hpp"

#include <chrono>
#include <utility>

#include "runtime/home.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace server {
namespace {

// A peer that sends faster than it is answered holds so many buffers at most.
constexpr std::size_t most_queued = 4;

constexpr std::size_t most_dropped = 256 * 1024;

// What a burst left behind is not kept for an idle peer.
constexpr std::size_t most_kept = 16 * 1024;

}  // namespace

void inlets::close() noexcept {
    closed_ = true;
    open_.for_each([](inlet& each) { each.close(); });
}

inlet::inlet(io::descriptor_ref socket, inlets& all)
    : arriving_(io::receive_pooled{.socket = socket, .pool = all.pool_}, {.queued = most_queued}) {
    all.open_.push_back(*this);
    if (all.closed_) close();
}

inlet::~inlet() { unlink(); }

void inlet::add(io::pooled_buffer arrived) {
    const std::string_view before = bytes();
    if (before.empty()) {
        latest_ = std::move(arrived);
        if (kept_.capacity() > most_kept) kept_ = {};
        kept_.clear();
        consumed_ = 0;
        return;
    }
    if (kept_.empty()) {
        kept_ = before;
        latest_ = {};
    } else {
        kept_.erase(0, consumed_);
    }
    consumed_ = 0;
    kept_.append(reinterpret_cast<const char*>(arrived.data()), arrived.size());
}

std::string_view inlet::bytes() const noexcept {
    if (!kept_.empty()) return std::string_view(kept_).substr(consumed_);
    return {reinterpret_cast<const char*>(latest_.data()) + consumed_, latest_.size() - consumed_};
}

void inlet::consume(std::size_t count) noexcept {
    consumed_ += count;
    if (!bytes().empty()) return;
    latest_ = {};
    kept_.clear();
    consumed_ = 0;
}

io::task<> hang_up(io::tcp_stream& peer, inlet& in) {
    (void)co_await peer.shutdown(io::direction::send);
    const auto enough = io::home::current().now() + 1s;
    for (std::size_t dropped = 0; dropped < most_dropped;) {
        const auto more = co_await io::within(enough, in.next());
        if (!more) break;
        dropped += more->size();
    }
    in.close();
    for (bool open = true; open;) open = bool(co_await in.next());
}

}  // namespace server
