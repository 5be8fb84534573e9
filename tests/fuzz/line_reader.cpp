#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "aio/stream/buffered_reader.hpp"
#include "tests/fuzz/target.hpp"

namespace io = lariat;

namespace {

/// The next line by a plain search, without its end; moves `text` behind it.
/// Returns: why there is none.
std::error_code expected_line(std::string_view& text, std::size_t limit, std::string_view& line) {
    const std::size_t end = text.substr(0, limit).find('\n');
    if (end == text.npos)
        return text.size() < limit ? io::error::end_of_stream : io::error::limit_exceeded;
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return {};
}

}  // namespace

/// The first bytes choose limit, memory and pieces; the rest is what comes. The lines must be those
/// of a plain search, whatever the pieces.
void fuzz_line_reader(std::span<const std::uint8_t> input) {
    fuzz::reader choices(input);
    const std::size_t limit = choices.one_of<std::size_t>({100, 1, 2, 10, 1000, SIZE_MAX});
    const std::size_t usual = choices.byte() % 64 + 1;
    const std::uint8_t pattern = choices.byte();
    std::string_view text = choices.rest();
    lariat::testing::manual_home at;
    io::buffered_reader peer(fuzz::pieces(text, pattern), usual);
    fuzz::watch_memory();

    for (;;) {
        const auto line = fuzz::insist(at, [&] { return peer.read_line(limit); });
        std::string_view expected;
        const std::error_code why = expected_line(text, limit, expected);
        fuzz::expect(line.error() == why, "another outcome than a plain search has");
        if (why) break;
        fuzz::expect(*line == expected, "another line than a plain search finds");
    }
    const auto left = peer.buffered();
    const std::string_view kept(reinterpret_cast<const char*>(left.data()), left.size());
    fuzz::expect(text.starts_with(kept), "what is left is not what came");
    fuzz::expect(kept.size() >= std::min(text.size(), limit), "something was lost");
    fuzz::expect_memory(std::min(limit, 2 * input.size()) + usual);
}
