#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "runtime/result.hpp"

namespace lariat {

/// What is wrong with a URL. The `std::error_code` of a parse also knows where: its message says
/// `port is not a number from 0 to 65535 at byte 12`, counted from 0, and it compares equal to
/// these, and to `std::errc::invalid_argument`.
enum class url_error {
    too_long = 1,
    no_scheme,
    bad_scheme,
    bad_escape,
    userinfo_refused,
    bad_userinfo,
    bad_host,
    bad_ipv6,
    unclosed_bracket,
    bad_port,
    bad_path,
    bad_query,
    bad_fragment,
};

const std::error_category& url_category() noexcept;
std::error_condition make_error_condition(url_error what) noexcept;

/// Returns: which byte of the URL an error of a parse is about.
std::size_t url_error_position(std::error_code why) noexcept;

/// What a host is written as.
enum class host_kind : std::uint8_t {
    none,  ///< There is no host, or it is empty.
    name,
    v4,  ///< Four numbers without leading zeros.
    v6,  ///< It stood in brackets.
};

/// An absolute URL, taken apart: `scheme:path`, or `scheme://host:port/path?query#fragment`.
/// Nothing is guessed or mended: what RFC 3986 does not allow is an error that says what and where.
/// An empty port, one with leading zeros and addresses of future versions, which it does allow, are
/// errors as well. A copy of the text is all it owns.
/// Source: RFC 3986; RFC 6874 for the zone of an IPv6 address.
class url {
  public:
    static constexpr std::size_t longest = 8192;

    /// A name and password before the host are readable to whoever sees the URL: nobody gets them
    /// without asking for them.
    enum class credentials : bool { refused, accepted };

    /// Errors: those of `url_error`; not_enough_memory.
    static result<url> parse(std::string_view text,
                             credentials policy = credentials::refused) noexcept;

    /// In small letters.
    std::string_view scheme() const noexcept { return part(0, scheme_end_); }

    /// Whether `//` follows the scheme; the host may still be empty, as in `unix:///run/x`.
    bool has_authority() const noexcept { return has_authority_; }

    // As it was written, with its escapes; see `decoded`.

    std::string_view userinfo() const noexcept { return part(userinfo_begin_, userinfo_end_); }
    /// Without the brackets of an IPv6 address.
    std::string_view host() const noexcept { return part(host_begin_, host_end_); }
    host_kind kind() const noexcept { return kind_; }
    std::optional<std::uint16_t> port() const noexcept { return port_; }
    std::string_view path() const noexcept { return part(path_begin_, path_end_); }
    std::string_view query() const noexcept { return part(query_begin_, query_end_); }
    std::string_view fragment() const noexcept { return part(fragment_begin_, fragment_end_); }

    /// All of it; the scheme in small letters.
    std::string_view text() const noexcept { return text_; }

    /// Requires: a part of a URL that was parsed.
    /// Returns: the bytes it stands for: `%41` is `A`.
    /// Errors: throws `std::bad_alloc`.
    static std::string decoded(std::string_view part);

    /// Returns: `bytes` as they may stand in a path or a host; all but letters, digits and
    /// `-._~` is escaped, but not what is in `besides`.
    static std::string encoded(std::string_view bytes, std::string_view besides = {});

    friend bool operator==(const url& one, const url& other) noexcept {
        return one.text_ == other.text_;
    }

  private:
    class parser;

    url() noexcept = default;

    std::string_view part(std::uint16_t from, std::uint16_t to) const noexcept {
        return std::string_view(text_).substr(from, to - from);
    }

    std::string text_;
    std::uint16_t scheme_end_ = 0;
    std::uint16_t userinfo_begin_ = 0;
    std::uint16_t userinfo_end_ = 0;
    std::uint16_t host_begin_ = 0;
    std::uint16_t host_end_ = 0;
    std::uint16_t path_begin_ = 0;
    std::uint16_t path_end_ = 0;
    std::uint16_t query_begin_ = 0;
    std::uint16_t query_end_ = 0;
    std::uint16_t fragment_begin_ = 0;
    std::uint16_t fragment_end_ = 0;
    std::optional<std::uint16_t> port_;
    host_kind kind_ = host_kind::none;
    bool has_authority_ = false;
};

}  // namespace lariat

template <>
struct std::is_error_condition_enum<lariat::url_error> : std::true_type {};
