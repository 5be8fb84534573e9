#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "aio/sp/frames.hpp"
#include "aio/sp/protocol.hpp"
#include "aio/sp/trace.hpp"

namespace io = lariat;

void fuzz_sp_frames(std::span<const std::uint8_t> input);

namespace {

void expect(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
}

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

}  // namespace

/// The first bytes choose mapping, limit and pieces; the rest is what comes. The messages must be
/// those of a plain parser, and be written as they were read.
void fuzz_sp_frames(std::span<const std::uint8_t> input) {
    constexpr std::size_t limits[] = {1, 16, 255, 4096, 70'000};
    std::array<std::uint8_t, 3> choices{};
    const std::size_t chosen = std::min(choices.size(), input.size());
    std::copy_n(input.begin(), chosen, choices.begin());
    const auto mapping = choices[0] % 2 == 0 ? io::sp_mapping::tcp : io::sp_mapping::ipc;
    const std::size_t longest = limits[choices[1] % std::size(limits)];
    const std::size_t step = choices[2] == 0 ? SIZE_MAX : choices[2];
    std::string_view bytes(reinterpret_cast<const char*>(input.data()) + chosen,
                           input.size() - chosen);

    if (bytes.size() >= 8) {
        io::sp_greeting greeting;
        std::memcpy(greeting.data(), bytes.data(), greeting.size());
        const bool good = static_cast<bool>(check_greeting(greeting, io::sp_protocol::req));
        expect(good == (bytes.substr(0, 8) == std::string_view("\0SP\0\0\x31\0\0", 8)),
               "a greeting that is judged wrongly");
    }

    io::sp_frame_reader reader(mapping, longest);
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
}
