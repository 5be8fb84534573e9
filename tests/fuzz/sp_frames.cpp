#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "aio/sp/frames.hpp"
#include "aio/sp/protocol.hpp"
#include "aio/sp/trace.hpp"
#include "tests/fuzz/target.hpp"

namespace io = lariat;
using fuzz::expect;

namespace {

/// What a plain parser finds at the beginning of `bytes`, and takes off.
struct plain_frame {
    enum class kind { whole, partial, wrong };

    kind what = kind::partial;
    std::string_view body;

    static plain_frame take(std::string_view& bytes, io::sp_mapping mapping, std::size_t longest) {
        const std::size_t mark = mapping == io::sp_mapping::ipc ? 1 : 0;
        if (mark != 0 && !bytes.empty() && bytes[0] != 1) return {kind::wrong, {}};
        if (bytes.size() < mark + 8) return {};
        std::uint64_t size = 0;
        for (const char each : bytes.substr(mark, 8))
            size = size << 8 | static_cast<unsigned char>(each);
        if (size > longest) return {kind::wrong, {}};
        if (bytes.size() - mark - 8 < size) return {};
        const std::string_view body = bytes.substr(mark + 8, static_cast<std::size_t>(size));
        bytes.remove_prefix(mark + 8 + body.size());
        return {kind::whole, body};
    }
};

/// Gives the reader some of `bytes`, in pieces that `step` decides about.
void give(io::sp_frame_reader& to, std::string_view& bytes, std::size_t step) {
    std::size_t given = 0;
    for (const io::buffer_view& each : to.room()) {
        expect(!each.empty(), "room that is empty");
        const std::size_t count = std::min({each.size(), bytes.size(), step - given});
        std::copy_n(bytes.data(), count, reinterpret_cast<char*>(each.data()));
        bytes.remove_prefix(count);
        given += count;
    }
    to.advance(given);
}

void write_again(const io::message& what, io::sp_mapping mapping, std::string_view before) {
    io::sp_frame_writer writer(mapping);
    expect(writer.add(what) != io::sp_frame_writer::added::no, "a message without room");
    for (const io::const_buffer_view& each : writer.views()) {
        expect(each.size() <= before.size() &&
                   std::memcmp(each.data(), before.data(), each.size()) == 0,
               "another frame than the one that was read");
        before.remove_prefix(each.size());
    }
    expect(before.empty(), "a frame that is shorter than the one that was read");
}

void look_for_a_trace(io::message& what) {
    const std::size_t size = what.size();
    if (io::reply_trace::look(what, io::reply_trace::longest) != io::reply_trace::found::whole)
        return;
    const auto trace = io::reply_trace::take(what);
    expect(trace.bytes().size() + what.size() == size, "a trace and a body that lack something");
    what.push_front(trace.bytes());
    expect(what.size() == size, "a trace that cannot be put back");
}

void judge_as_a_greeting(std::string_view bytes) {
    if (bytes.size() < sizeof(io::sp_greeting)) return;
    io::sp_greeting greeting;
    std::memcpy(greeting.data(), bytes.data(), greeting.size());
    const bool good = static_cast<bool>(check_greeting(greeting, io::sp_protocol::req));
    expect(good == (bytes.substr(0, 8) == std::string_view("\0SP\0\0\x31\0\0", 8)),
           "a greeting that is judged wrongly");
}

}  // namespace

/// The first bytes choose mapping, limit and pieces; the rest is what comes. The messages must be
/// those of a plain parser, and be written as they were read; no length makes the reader allocate
/// more than the limit.
void fuzz_sp_frames(std::span<const std::uint8_t> input) {
    fuzz::reader choices(input);
    const auto mapping = choices.one_of({io::sp_mapping::tcp, io::sp_mapping::ipc});
    const auto longest = choices.one_of<std::size_t>({1, 16, 255, 4096, 70'000});
    const std::uint8_t pieces = choices.byte();
    const std::size_t step = pieces == 0 ? SIZE_MAX : pieces;
    std::string_view bytes = choices.rest();
    judge_as_a_greeting(bytes);

    io::sp_frame_reader reader(mapping, longest);
    fuzz::watch_memory();
    std::string_view expected = bytes;
    bool wrong = false;
    io::message got;
    while (!bytes.empty() && !wrong) {
        give(reader, bytes, step);
        while (reader.next(got)) {
            const std::string_view before = expected;
            const auto plain = plain_frame::take(expected, mapping, longest);
            expect(plain.what == plain_frame::kind::whole && plain.body == got.text(),
                   "another message than a plain parser finds");
            write_again(got, mapping, before.substr(0, before.size() - expected.size()));
            look_for_a_trace(got);
        }
        wrong = static_cast<bool>(reader.error());
    }
    const auto last = plain_frame::take(expected, mapping, longest);
    expect(wrong == (last.what == plain_frame::kind::wrong), "an error that is none, or none");
    expect(wrong || last.what == plain_frame::kind::partial, "a message that was not found");
    expect(wrong || reader.whole() == expected.empty(), "a frame that is torn, or is not");
    constexpr std::size_t of_the_writer = 32 * 1024;
    fuzz::expect_memory(std::max(longest + 128, of_the_writer));
}
