#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace http {

/// A peer decides how much it sends, never how much is kept of it.
struct request_limits {
    std::size_t head = 8192;  ///< Bytes in the request line and all fields.
    std::size_t fields = 100;
    std::uint64_t body = 65536;  ///< Bytes that are skipped: nothing here wants one.
};

/// The numbers of RFC 9110, 15.
enum class status : std::uint16_t {
    ok = 200,
    bad_request = 400,
    not_found = 404,
    method_not_allowed = 405,
    request_timeout = 408,
    content_too_large = 413,
    uri_too_long = 414,
    fields_too_large = 431,
    internal_error = 500,
    not_implemented = 501,
    version_not_supported = 505,
};

enum class method : std::uint8_t { get, head, other };

/// What a request asks for, as far as this server cares.
struct request {
    http::method method = method::other;
    std::string path;        ///< Decoded, without query; begins with '/'.
    bool keep_alive = true;  ///< Another request may follow on this connection.
    bool old = false;        ///< HTTP/1.0, which closes unless it is told that nobody will.
    std::uint64_t body = 0;  ///< Bytes behind the head.
};

/// Reads the heads of requests, strictly: what two readers could understand in two ways is refused.
/// Source: RFC 9112.
class request_parser {
  public:
    enum class outcome {
        incomplete,  ///< More bytes are needed.
        complete,    ///< `request` and `size` tell of it.
        refused,     ///< `why` is the answer. Where the next request begins nobody knows.
    };

    explicit request_parser(request_limits limits = {}) noexcept : limits_(limits) {}

    /// `bytes` begin where the request begins; after `incomplete` with the same and more of them.
    outcome parse(std::string_view bytes);

    const http::request& request() const noexcept { return request_; }

    /// How many bytes the head of a complete request consists of.
    std::size_t size() const noexcept { return size_; }

    status why() const noexcept { return why_; }

  private:
    outcome wait(std::string_view bytes);
    outcome refuse(status why) noexcept;
    outcome read(std::string_view head);

    bool take_request_line(std::string_view line);
    bool take_field(std::string_view line);
    bool take_length(std::string_view value) noexcept;
    void take_connection(std::string_view value) noexcept;
    bool fail(status why) noexcept;

    const request_limits limits_;
    http::request request_;
    std::size_t scanned_ = 0;  // Up to here no end of the head was found.
    std::size_t size_ = 0;
    std::size_t fields_ = 0;
    std::size_t hosts_ = 0;
    bool has_length_ = false;
    bool wants_close_ = false;
    bool wants_to_stay_ = false;
    status why_ = status::ok;
};

}  // namespace http
