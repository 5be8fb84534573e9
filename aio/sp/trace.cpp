#include "aio/sp/trace.hpp"

#include <bit>
#include <cstring>

namespace lariat {
namespace {

std::uint32_t big_endian(std::uint32_t value) noexcept {
    return std::endian::native == std::endian::big ? value : __builtin_bswap32(value);
}

std::uint32_t word_at(const message& what, std::size_t offset) noexcept {
    std::uint32_t word;
    std::memcpy(&word, what.data() + offset, word_size);
    return big_endian(word);
}

/// Returns: how many bytes of trace the message begins with; 0 if it has no end.
std::size_t trace_size(const message& request) noexcept {
    for (std::size_t at = 0; request.size() - at >= word_size; at += word_size)
        if (word_at(request, at) & last_word) return at + word_size;
    return 0;
}

}  // namespace

std::array<std::byte, word_size> word_bytes(std::uint32_t word) noexcept {
    return std::bit_cast<std::array<std::byte, word_size>>(big_endian(word));
}

std::optional<std::uint32_t> first_word(const message& what) noexcept {
    if (what.size() < word_size) return std::nullopt;
    return word_at(what, 0);
}

reply_trace::found reply_trace::look(const message& request, std::size_t most) noexcept {
    check(most <= longest, "reply_trace: a limit on hops above what a trace has room for");
    for (std::size_t words = 0; words < most; ++words) {
        const std::size_t at = words * word_size;
        if (request.size() - at < word_size) return found::torn;
        if (word_at(request, at) & last_word) return found::whole;
    }
    return found::too_long;
}

reply_trace reply_trace::take(message& request) noexcept {
    reply_trace trace;
    trace.size_ = trace_size(request);
    check(trace.size_ != 0 && trace.size_ <= sizeof trace.bytes_,
          "reply_trace: taken from a request that has none");
    std::memcpy(trace.bytes_.data(), request.data(), trace.size_);
    request.drop_front(trace.size_);
    return trace;
}

}  // namespace lariat
