#include "tests/examples/http/request.hpp"

#include <algorithm>
#include <charconv>

#include "tests/examples/http/target.hpp"
#include "tests/examples/http/text.hpp"

namespace http {
namespace {

constexpr std::string_view end_of_line = "\r\n";
constexpr std::string_view end_of_head = "\r\n\r\n";

/// Visible bytes and blanks: no end of line that another reader would see.
bool is_field_value(std::string_view value) noexcept {
    return std::none_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < ' ' && c != '\t') || byte == 0x7f;
    });
}

}  // namespace

request_parser::outcome request_parser::parse(std::string_view bytes) {
    // What is refused, or given up, is not answered as the request before it.
    request_.method = method::other;
    request_.keep_alive = request_.old = false;
    // Some clients end a body with a line that is not part of it.
    const std::size_t skipped = bytes.starts_with(end_of_line) ? end_of_line.size() : 0;
    const std::string_view head = bytes.substr(skipped);
    // The end may have begun in what was there before.
    const std::size_t from = scanned_ < end_of_head.size() ? 0 : scanned_ - end_of_head.size();
    const std::size_t end = head.substr(0, limits_.head).find(end_of_head, from);
    if (end == head.npos) return wait(head);
    scanned_ = 0;
    size_ = skipped + end + end_of_head.size();
    return read(head.substr(0, end));
}

request_parser::outcome request_parser::wait(std::string_view head) {
    scanned_ = head.size();
    if (head.size() < limits_.head) return outcome::incomplete;
    const bool whole_line = head.substr(0, limits_.head).find(end_of_line) != head.npos;
    return refuse(whole_line ? status::fields_too_large : status::uri_too_long);
}

request_parser::outcome request_parser::refuse(status why) noexcept {
    why_ = why;
    return outcome::refused;
}

bool request_parser::fail(status why) noexcept {
    why_ = why;
    return false;
}

request_parser::outcome request_parser::read(std::string_view head) {
    fields_ = hosts_ = 0;
    has_length_ = wants_close_ = wants_to_stay_ = false;
    request_.body = 0;
    const std::size_t line_end = std::min(head.find(end_of_line), head.size());
    if (!take_request_line(head.substr(0, line_end))) return outcome::refused;
    for (std::size_t at = line_end; at < head.size();) {
        at += end_of_line.size();
        const std::size_t end = std::min(head.find(end_of_line, at), head.size());
        if (!take_field(head.substr(at, end - at))) return outcome::refused;
        at = end;
    }
    if (hosts_ != 1 && !(request_.old && hosts_ == 0)) return refuse(status::bad_request);
    if (request_.body > limits_.body) return refuse(status::content_too_large);
    request_.keep_alive = !wants_close_ && (!request_.old || wants_to_stay_);
    return outcome::complete;
}

bool request_parser::take_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == line.npos || first == last) return fail(status::bad_request);
    const std::string_view name = line.substr(0, first);
    const std::string_view version = line.substr(last + 1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!is_token(name) || version.size() != 8 || !version.starts_with("HTTP/") ||
        !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7]))
        return fail(status::bad_request);
    if (version[5] != '1') return fail(status::version_not_supported);
    if (!read_target(line.substr(first + 1, last - first - 1), request_.path))
        return fail(status::bad_request);
    request_.method = name == "GET" ? method::get : name == "HEAD" ? method::head : method::other;
    request_.old = version[7] == '0';
    return true;
}

bool request_parser::take_field(std::string_view line) {
    if (++fields_ > limits_.fields) return fail(status::fields_too_large);
    const std::size_t colon = line.find(':');
    if (colon == line.npos || !is_token(line.substr(0, colon))) return fail(status::bad_request);
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_field_value(value)) return fail(status::bad_request);
    if (same_word(name, "host"))
        ++hosts_;
    else if (same_word(name, "connection"))
        take_connection(value);
    else if (same_word(name, "content-length"))
        return take_length(value);
    else if (same_word(name, "transfer-encoding"))
        return fail(status::not_implemented);
    return true;
}

bool request_parser::take_length(std::string_view value) noexcept {
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc() || end != value.data() + value.size())
        return fail(error == std::errc::result_out_of_range ? status::content_too_large
                                                            : status::bad_request);
    if (has_length_ && length != request_.body) return fail(status::bad_request);
    has_length_ = true;
    request_.body = length;
    return true;
}

void request_parser::take_connection(std::string_view value) noexcept {
    while (!value.empty()) {
        const std::size_t comma = std::min(value.find(','), value.size());
        const std::string_view option = trimmed(value.substr(0, comma));
        wants_close_ |= same_word(option, "close");
        wants_to_stay_ |= same_word(option, "keep-alive");
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
}

}  // namespace http
