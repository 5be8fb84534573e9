#include "tests/examples/http/responder.hpp"

#include <algorithm>
#include <utility>

namespace http {
namespace {

// Answers beyond this are sent before more requests are answered: a peer that asks for much and
// does not read it must not fill the memory.
constexpr std::size_t most_unsent = 64 * 1024;

}  // namespace

responder::need responder::answer(std::string_view bytes, std::size_t& used,
                                  lariat::time_point now) {
    for (;;) {
        const auto skipped = std::min<std::uint64_t>(skip_, bytes.size());
        skip_ -= skipped;
        used += skipped;
        bytes.remove_prefix(skipped);
        if (skip_ > 0) return need::bytes;
        if (out_.size() >= most_unsent) return need::room;
        switch (parser_.parse(bytes)) {
            case request_parser::outcome::incomplete:
                return need::bytes;
            case request_parser::outcome::refused:
                return refuse(parser_.why());
            case request_parser::outcome::complete:
                break;
        }
        used += parser_.size();
        bytes.remove_prefix(parser_.size());
        skip_ = parser_.request().body;
        const need then = answer_whole(now);
        if (then != need::room) return then;
    }
}

responder::need responder::answer_whole(lariat::time_point now) {
    if (parser_.request().method == method::other) return refuse(status::method_not_allowed);
    const shared_page* what = pages_.known(path(), now);
    return what ? found(*what) : need::page;
}

responder::need responder::found(const shared_page& what) {
    const http::request& asked = parser_.request();
    write(*what, !asked.keep_alive);
    if (what->file && asked.method == method::get) {
        page_ = what;
        return need::file;
    }
    return asked.keep_alive ? need::room : need::hang_up;
}

responder::need responder::sent_file() noexcept {
    page_ = nullptr;
    return parser_.request().keep_alive ? need::room : need::hang_up;
}

responder::need responder::refuse(status why) {
    // Whether it was understood: if not, nobody knows where the next request begins.
    const bool goes_on = why == status::not_found && parser_.request().keep_alive;
    write(page_of(why), !goes_on);
    return goes_on ? need::room : need::hang_up;
}

void responder::write(const http::page& what, bool closes) {
    const http::request& asked = parser_.request();
    out_ += what.head;
    if (closes)
        out_ += "Connection: close\r\n";
    else if (asked.old)
        out_ += "Connection: keep-alive\r\n";
    out_ += "\r\n";
    if (asked.method != method::head) out_ += what.body;
}

}  // namespace http
