#include "tests/examples/key_value/command.hpp"

namespace key_value {
namespace {

// Of the longest number that anyone may mean.
constexpr std::size_t most_digits = 10;

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

command_parser::outcome command_parser::parse(std::string_view bytes) {
    if (phase_ == phase::end) {
        phase_ = phase::begin;
        at_ = scanned_ = 0;
        parts_.clear();
    }
    step last = step::taken;
    if (phase_ == phase::begin) last = begin(bytes);
    if (phase_ == phase::line) last = take_line(bytes);
    while (last == step::taken && missing_ > 0) last = take_bulk(bytes);
    if (last == step::missing) return outcome::incomplete;
    if (last == step::refused) return outcome::malformed;
    phase_ = phase::end;
    // Only now, because until here the bytes may have moved.
    arguments_.clear();
    for (const part& one : parts_) arguments_.push_back(bytes.substr(one.begin, one.size));
    return outcome::complete;
}

command_parser::step command_parser::begin(std::string_view bytes) {
    if (bytes.empty()) return step::missing;
    if (bytes[0] != '*') {
        phase_ = phase::line;
        return step::taken;
    }
    std::size_t at = 1;
    std::int64_t count = 0;
    if (const step number = take_number(bytes, at, count); number != step::taken) return number;
    if (count > static_cast<std::int64_t>(limits_.arguments))
        return refuse("invalid multibulk length");
    phase_ = phase::array;
    at_ = at;
    missing_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    return step::taken;
}

command_parser::step command_parser::take_line(std::string_view bytes) {
    const std::size_t end = bytes.substr(0, limits_.line).find('\n', scanned_);
    if (end == bytes.npos) {
        scanned_ = bytes.size();
        if (bytes.size() >= limits_.line) return refuse("too big inline request");
        return step::missing;
    }
    for (std::size_t at = 0; at < end;) {
        const std::size_t first = at;
        while (at < end && !is_blank(bytes[at])) ++at;
        if (at > first) parts_.push_back({first, at - first});
        while (at < end && is_blank(bytes[at])) ++at;
    }
    if (parts_.size() > limits_.arguments) return refuse("too many arguments");
    at_ = end + 1;
    return step::taken;
}

/// Until it is whole its size is looked at again, whenever more of it has come.
command_parser::step command_parser::take_bulk(std::string_view bytes) {
    if (at_ == bytes.size()) return step::missing;
    if (bytes[at_] != '$') return refuse("expected '$'");
    std::size_t at = at_ + 1;
    std::int64_t size = 0;
    if (const step number = take_number(bytes, at, size); number != step::taken) return number;
    if (size < 0 || size > static_cast<std::int64_t>(limits_.argument))
        return refuse("invalid bulk length");
    const std::size_t end = at + static_cast<std::size_t>(size);
    if (end + 2 > limits_.total) return refuse("too big request");
    if (bytes.size() < end + 2) return step::missing;
    if (bytes[end] != '\r' || bytes[end + 1] != '\n') return refuse("expected an end of line");
    parts_.push_back({at, end - at});
    at_ = end + 2;
    --missing_;
    return step::taken;
}

/// Behind the sign of what it is the number of, up to the end of the line.
command_parser::step command_parser::take_number(std::string_view bytes, std::size_t& at,
                                                 std::int64_t& value) noexcept {
    const bool negative = at < bytes.size() && bytes[at] == '-';
    if (negative) ++at;
    const std::size_t first = at;
    for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9'; ++at) {
        if (at - first == most_digits) return refuse("invalid length");
        value = value * 10 + (bytes[at] - '0');
    }
    if (at == bytes.size()) return step::missing;
    if (at == first || bytes[at] != '\r') return refuse("invalid length");
    if (at + 1 == bytes.size()) return step::missing;
    if (bytes[at + 1] != '\n') return refuse("invalid length");
    at += 2;
    if (negative) value = -value;
    return step::taken;
}

command_parser::step command_parser::refuse(std::string_view why) noexcept {
    complaint_ = why;
    return step::refused;
}

}  // namespace key_value
