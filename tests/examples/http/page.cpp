#include "tests/examples/http/page.hpp"

#include <fcntl.h>
#include <linux/openat2.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "aio/buffer.hpp"
#include "aio/op/file.hpp"
#include "runtime/home.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace http {
namespace {

// A page that was looked at so recently is not looked at again.
constexpr auto freshness = 1s;

// A longer file is read while it is sent.
constexpr std::size_t longest_kept = 256 * 1024;

constexpr std::size_t most_kept = 16 * 1024 * 1024;

std::string_view type_by_name(std::string_view path) noexcept {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> types{{
        {".html", "text/html; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".css", "text/css"},
        {".js", "text/javascript"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
    }};
    for (const auto& [ending, type] : types) {
        if (path.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

std::string_view phrase_of(status what) noexcept {
    switch (what) {
        case status::ok:
            return "OK";
        case status::bad_request:
            return "Bad Request";
        case status::not_found:
            return "Not Found";
        case status::method_not_allowed:
            return "Method Not Allowed";
        case status::request_timeout:
            return "Request Timeout";
        case status::content_too_large:
            return "Content Too Large";
        case status::uri_too_long:
            return "URI Too Long";
        case status::fields_too_large:
            return "Request Header Fields Too Large";
        case status::not_implemented:
            return "Not Implemented";
        case status::version_not_supported:
            return "HTTP Version Not Supported";
        case status::internal_error:
            break;
    }
    return "Internal Server Error";
}

std::string head_of(status what, std::string_view type, std::uint64_t size) {
    std::string head = "HTTP/1.1 " + std::to_string(static_cast<int>(what)) + ' ';
    head.append(phrase_of(what));
    head.append("\r\nContent-Type: ").append(type);
    head += "\r\nContent-Length: " + std::to_string(size) + "\r\n";
    if (what == status::method_not_allowed) head += "Allow: GET, HEAD\r\n";
    return head;
}

page make_page(status what, std::string body) {
    page made;
    made.size = body.size();
    made.head = head_of(what, "text/plain; charset=utf-8", made.size);
    made.body = std::move(body);
    return made;
}

/// Reads a file of that size, or as much of it as there is by now.
io::task<io::result<std::string>> read_short(io::descriptor_ref file, std::uint64_t size) {
    std::string text(size, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const auto count = co_await io::or_return(co_await io::read{
            .file = file, .buffer = io::buffer_view(text).drop_first(filled), .offset = filled});
        if (count == 0) break;
        filled += count;
    }
    text.resize(filled);
    co_return text;
}

}  // namespace

const page& page_of(status what) {
    // Each thread has its own: the first one made of a kind is there for all others.
    thread_local std::unordered_map<status, page> made;
    const auto found = made.find(what);
    if (found != made.end()) return found->second;
    std::string text = std::to_string(static_cast<int>(what)) + ' ';
    text.append(phrase_of(what)) += '\n';
    return made.emplace(what, make_page(what, std::move(text))).first->second;
}

const shared_page* site::known(std::string_view path, io::time_point now) const {
    if (path == "/") {
        thread_local const auto front =
            std::make_shared<const page>(make_page(status::ok, "hello\n"));
        return &front;
    }
    const auto found = kept_.find(path);
    return found == kept_.end() || found->second.until < now ? nullptr : &found->second.what;
}

io::task<io::result<shared_page>> site::look_up(std::string path) {
    if (!folder_) co_return std::make_error_code(std::errc::no_such_file_or_directory);
    const std::string below = path.substr(std::min(path.find_first_not_of('/'), path.size()));
    auto made = std::make_shared<page>();
    // Nonblocking: what the name leads to may be a pipe.
    made->file = co_await io::or_return(
        co_await io::open{.path = below,
                          .flags = O_RDONLY | O_NONBLOCK | O_NOCTTY,
                          .directory = folder_,
                          .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS});
    const auto what = co_await io::or_return(co_await io::stat::of(made->file));
    if (!what.is_regular()) co_return std::make_error_code(std::errc::no_such_file_or_directory);
    made->size = what.size();
    const bool is_short = made->size <= longest_kept;
    if (is_short) {
        made->body = co_await io::or_return(co_await read_short(made->file, made->size));
        made->size = made->body.size();
        made->file = {};
    }
    made->head = head_of(status::ok, type_by_name(path), made->size);
    if (is_short) keep(std::move(path), made);
    co_return shared_page(std::move(made));
}

void site::keep(std::string path, const shared_page& what) {
    const std::size_t bytes = path.size() + what->head.size() + what->body.size();
    if (kept_bytes_ + bytes > most_kept) {
        kept_.clear();
        kept_bytes_ = 0;
    }
    const auto until = io::after(io::home::current().now(), freshness);
    kept_bytes_ += bytes;
    if (const auto found = kept_.find(path); found != kept_.end()) {
        kept_bytes_ -=
            path.size() + found->second.what->head.size() + found->second.what->body.size();
        found->second = {what, until};
    } else {
        kept_.emplace(std::move(path), entry{what, until});
    }
}

}  // namespace http
