#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "aio/stream/frame.hpp"
#include "tests/fuzz/target.hpp"

namespace io = lariat;

namespace {

/// The size that a prefix tells, read byte by byte.
std::uint64_t size_of(std::string_view prefix, std::endian order) {
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < prefix.size(); ++i) {
        const std::size_t place = order == std::endian::big ? i : prefix.size() - 1 - i;
        size = size << 8 | static_cast<std::uint8_t>(prefix[place]);
    }
    return size;
}

/// The next frame; moves `bytes` behind it. Returns: why there is none.
std::error_code expected_frame(std::string_view& bytes, const io::frame_format& format,
                               std::string_view& frame) {
    if (bytes.empty()) return io::error::end_of_stream;
    if (bytes.size() < format.prefix) return io::error::torn;
    const std::uint64_t size = size_of(bytes.substr(0, format.prefix), format.order);
    if (size > format.limit || size >= SIZE_MAX - format.prefix) return io::error::limit_exceeded;
    if (bytes.size() - format.prefix < size) return io::error::torn;
    frame = bytes.substr(format.prefix, size);
    bytes.remove_prefix(format.prefix + size);
    return {};
}

}  // namespace

/// The first bytes choose format, memory and pieces; the rest is what comes. The frames must be
/// those of a plain parser, and the memory grow with what has come, whatever a prefix claims.
void fuzz_frame_reader(std::span<const std::uint8_t> input) {
    fuzz::reader choices(input);
    io::frame_format format;
    format.prefix = choices.one_of<std::size_t>({1, 2, 4, 8});
    format.order = choices.one_of({std::endian::big, std::endian::little});
    format.limit = choices.one_of<std::size_t>({1 << 20, 0, 1, 16, 255, 70'000, SIZE_MAX});
    const std::size_t usual = choices.byte() % 64 + 1;
    const std::uint8_t pattern = choices.byte();
    std::string_view bytes = choices.rest();
    lariat::testing::manual_home at;
    io::frame_reader peer(fuzz::pieces(bytes, pattern), format, usual);
    fuzz::watch_memory();

    for (;;) {
        const auto frame = fuzz::insist(at, [&] { return peer.receive(); });
        std::string_view expected;
        const std::error_code why = expected_frame(bytes, format, expected);
        fuzz::expect(frame.error() == why, "another outcome than a plain parser has");
        if (why) break;
        fuzz::expect(std::ranges::equal(*frame, std::as_bytes(std::span(expected))),
                     "another frame than a plain parser finds");
    }
    fuzz::expect_memory(2 * input.size() + usual);
}
