#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/examples/http/page.hpp"
#include "tests/examples/http/request.hpp"

namespace http {

/// One connection, without its input and output: requests go in, answers come out.
class responder {
  public:
    enum class need : std::uint8_t {
        bytes,   ///< All that was given is answered, as far as it is whole.
        page,    ///< `path` is to be looked up; then `found` or `refuse`.
        room,    ///< `out` is to be sent before more is answered.
        file,    ///< `out` is to be sent, behind it the file of `page`; then `sent_file`.
        hang_up  ///< `out` is to be sent, and no more is taken.
    };

    explicit responder(const site& pages, request_limits limits = {})
        : pages_(pages), parser_(limits) {}

    /// Answers one request after the other. `used` grows by what was consumed of `bytes`; the rest
    /// is to be given again, with more behind it.
    need answer(std::string_view bytes, std::size_t& used, lariat::time_point now);

    const std::string& path() const noexcept { return parser_.request().path; }
    need found(const shared_page& what);
    need refuse(status why);

    const http::page& page() const noexcept { return *page_; }
    need sent_file() noexcept;

    /// Answers not sent yet; whoever has sent them clears it.
    std::string& out() noexcept { return out_; }

  private:
    need answer_whole(lariat::time_point now);
    void write(const http::page& what, bool closes);

    const site& pages_;
    request_parser parser_;
    std::uint64_t skip_ = 0;  // Bytes of a body that nobody wants.
    std::string out_;
    shared_page page_;
};

}  // namespace http
