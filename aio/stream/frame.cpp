#include "aio/stream/frame.hpp"

#include "runtime/check.hpp"

namespace lariat {
namespace {

// The place of a number's byte, counted from its lowest.
std::size_t weight_of(std::size_t place, const frame_format& format) noexcept {
    return format.order == std::endian::big ? format.prefix - 1 - place : place;
}

}  // namespace

std::size_t frame_format::read(const std::byte* prefix_bytes) const noexcept {
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < prefix; ++i)
        size |= std::to_integer<std::uint64_t>(prefix_bytes[i]) << 8 * weight_of(i, *this);
    return allows(size) ? size : SIZE_MAX;
}

bool frame_format::allows(std::size_t size) const noexcept {
    const bool told = prefix == sizeof size || size >> 8 * prefix == 0;
    // Prefix and frame are counted together.
    return told && size <= limit && size < SIZE_MAX - prefix;
}

std::array<std::byte, 8> frame_format::write(std::size_t size) const noexcept {
    std::array<std::byte, 8> bytes{};
    for (std::size_t i = 0; i < prefix; ++i)
        bytes[i] = static_cast<std::byte>(size >> 8 * weight_of(i, *this));
    return bytes;
}

frame_format checked(frame_format format) noexcept {
    check(std::has_single_bit(format.prefix) && format.prefix <= 8,
          "frame_format: a prefix has 1, 2, 4 or 8 bytes");
    return format;
}

}  // namespace lariat
