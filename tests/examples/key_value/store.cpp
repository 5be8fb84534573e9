#include "tests/examples/key_value/store.hpp"

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

namespace key_value {
namespace {

// What an entry takes beside its bytes.
constexpr std::size_t overhead = 128;

constexpr std::string_view no_memory = "OOM command not allowed, the store is full";

/// A name of up to eight letters as one number, so that a switch finds it: capitals and small
/// letters are the same. 0 for what is no name of a command.
constexpr std::uint64_t code(std::string_view name) noexcept {
    if (name.size() > 8) return 0;
    std::uint64_t sum = 0;
    for (const char c : name) {
        const bool small = c >= 'a' && c <= 'z';
        if (!small && (c < 'A' || c > 'Z')) return 0;
        sum = sum << 8 | static_cast<std::uint64_t>(small ? c - 'a' + 'A' : c);
    }
    return sum;
}

/// Only what is written as it would be written back: no sign +, no zeros in front, no spaces.
std::optional<std::int64_t> integer_in(std::string_view text) noexcept {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    char digits[24];
    char* const last = std::to_chars(digits, digits + sizeof digits, value).ptr;
    if (std::string_view(digits, static_cast<std::size_t>(last - digits)) != text) return {};
    return value;
}

/// A name from the peer, fit for an error's line.
std::string quoted(std::string_view name) {
    std::string text = "'";
    for (const char c : name.substr(0, 64)) text += c >= ' ' && c <= '~' && c != '\'' ? c : '?';
    return text + "'";
}

/// What benchmarks and shells ask before they begin.
void describe_setting(std::string_view name, reply_writer& reply) {
    const bool known = name == "save" || name == "appendonly";
    reply.array(known ? 2 : 0);
    if (!known) return;
    reply.bulk(name);
    reply.bulk(name == "save" ? "" : "no");
}

}  // namespace

afterwards store::execute(words command, reply_writer& reply) {
    const std::size_t count = command.size();
    switch (code(command[0])) {
        case code("GET"):
            if (count != 2) break;
            get(command, reply);
            return afterwards::go_on;
        case code("SET"):
            if (count < 3) break;
            set(command, reply);
            return afterwards::go_on;
        case code("DEL"):
            if (count < 2) break;
            remove(command, reply);
            return afterwards::go_on;
        case code("INCR"):
            if (count != 2) break;
            increment(command, reply);
            return afterwards::go_on;
        case code("PING"):
            if (count > 2) break;
            if (count == 1)
                reply.simple("PONG");
            else
                reply.bulk(command[1]);
            return afterwards::go_on;
        case code("ECHO"):
            if (count != 2) break;
            reply.bulk(command[1]);
            return afterwards::go_on;
        case code("SELECT"):
            if (count != 2) break;
            if (command[1] == "0")
                reply.simple("OK");
            else
                reply.error("ERR DB index is out of range");
            return afterwards::go_on;
        case code("CONFIG"):
            if (count != 3 || code(command[1]) != code("GET")) break;
            describe_setting(command[2], reply);
            return afterwards::go_on;
        case code("COMMAND"):
            reply.array(0);
            return afterwards::go_on;
        case code("HELLO"):
            reply.error("NOPROTO unsupported protocol version");
            return afterwards::go_on;
        case code("QUIT"):
            reply.simple("OK");
            return afterwards::hang_up;
        default:
            reply.error("ERR unknown command " + quoted(command[0]));
            return afterwards::go_on;
    }
    reply.error("ERR wrong number of arguments for " + quoted(command[0]) + " command");
    return afterwards::go_on;
}

void store::get(words command, reply_writer& reply) {
    const auto found = values_.find(command[1]);
    if (found == values_.end())
        reply.nothing();
    else
        reply.bulk(found->second);
}

void store::set(words command, reply_writer& reply) {
    if (command.size() > 3)
        reply.error("ERR syntax error");
    else if (put(command[1], command[2]))
        reply.simple("OK");
    else
        reply.error(no_memory);
}

void store::remove(words command, reply_writer& reply) {
    std::int64_t removed = 0;
    for (const std::string_view key : command.subspan(1)) {
        const auto found = values_.find(key);
        if (found == values_.end()) continue;
        bytes_ -= overhead + found->first.size() + found->second.size();
        values_.erase(found);
        ++removed;
    }
    reply.integer(removed);
}

void store::increment(words command, reply_writer& reply) {
    const auto found = values_.find(command[1]);
    const auto before = found == values_.end() ? 0 : integer_in(found->second);
    if (!before) return reply.error("ERR value is not an integer or out of range");
    if (*before == std::numeric_limits<std::int64_t>::max())
        return reply.error("ERR increment or decrement would overflow");
    char digits[24];
    char* const end = std::to_chars(digits, digits + sizeof digits, *before + 1).ptr;
    if (!put(command[1], {digits, static_cast<std::size_t>(end - digits)}))
        return reply.error(no_memory);
    reply.integer(*before + 1);
}

/// Returns: false when there is no room.
bool store::put(std::string_view key, std::string_view value) {
    const auto found = values_.find(key);
    const std::size_t freed = found == values_.end() ? 0 : found->second.size();
    const std::size_t added = value.size() + (found == values_.end() ? overhead + key.size() : 0);
    if (bytes_ - freed + added > most_bytes_) return false;
    if (found == values_.end())
        values_.emplace(key, value);
    else if (found->second.capacity() > value.size() + overhead)
        found->second = std::string(value);  // Or a small value would keep a large one's memory.
    else
        found->second = value;
    bytes_ += added - freed;
    return true;
}

}  // namespace key_value
