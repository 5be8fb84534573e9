#include "aio/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <new>
#include <span>

namespace lariat {
namespace {

constexpr int position_shift = 8;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_one_of(char c, std::string_view these) noexcept { return these.find(c) != these.npos; }
bool is_unreserved(char c) noexcept { return is_letter(c) || is_digit(c) || is_one_of(c, "-._~"); }
bool is_name_character(char c) noexcept { return is_unreserved(c) || is_one_of(c, "!$&'()*+,;="); }

/// The value of a hexadecimal digit; negative if it is none.
int hexadecimal(char c) noexcept {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

const char* sentence(url_error what) noexcept {
    switch (what) {
        case url_error::too_long:
            return "it is longer than 8192 bytes";
        case url_error::no_scheme:
            return "no scheme, as in tcp:, is there";
        case url_error::bad_scheme:
            return "the scheme has a character that is not allowed";
        case url_error::bad_escape:
            return "% is not followed by two hexadecimal digits";
        case url_error::userinfo_refused:
            return "a user name before the host is not allowed";
        case url_error::bad_userinfo:
            return "the user name has a character that is not allowed";
        case url_error::bad_host:
            return "the host has a character that is not allowed";
        case url_error::bad_ipv6:
            return "what is in the brackets is not an IPv6 address";
        case url_error::unclosed_bracket:
            return "the bracket is not closed";
        case url_error::bad_port:
            return "port is not a number from 0 to 65535";
        case url_error::bad_path:
            return "the path has a character that is not allowed";
        case url_error::bad_query:
            return "the query has a character that is not allowed";
        case url_error::bad_fragment:
            return "the fragment has a character that is not allowed";
    }
    return "it is wrong in an unknown way";
}

class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "url"; }

    std::string message(int value) const override {
        return std::string(sentence(kind(value))) + " at byte " +
               std::to_string(value >> position_shift);
    }

    std::error_condition default_error_condition(int value) const noexcept override {
        return {static_cast<int>(kind(value)), *this};
    }

    bool equivalent(int value, const std::error_condition& other) const noexcept override {
        return other == std::errc::invalid_argument || other == default_error_condition(value);
    }

  private:
    static url_error kind(int value) noexcept {
        return url_error(value & ((1 << position_shift) - 1));
    }
};

}  // namespace

const std::error_category& url_category() noexcept {
    static const category instance;
    return instance;
}

std::error_condition make_error_condition(url_error what) noexcept {
    return {static_cast<int>(what), url_category()};
}

std::size_t url_error_position(std::error_code why) noexcept {
    if (why.category() != url_category()) return 0;
    return static_cast<std::size_t>(why.value() >> position_shift);
}

/// Goes through the text once, from left to right.
class url::parser {
  public:
    parser(std::string_view text, credentials policy) noexcept : text_(text), policy_(policy) {}

    std::error_code run(url& into) noexcept {
        if (text_.size() > longest) fail(url_error::too_long, longest);
        if (failed()) return error_;
        into.scheme_end_ = scheme();
        if (failed()) return error_;
        authority(into);
        if (failed()) return error_;
        path(into);
        if (!failed() && next_is('?')) query(into);
        if (!failed() && next_is('#')) fragment(into);
        return error_;
    }

  private:
    /// Only the first thing that is wrong is told.
    void fail(url_error what, std::size_t where) noexcept {
        if (error_) return;
        error_ = {static_cast<int>(what) | static_cast<int>(where) << position_shift,
                  url_category()};
    }
    bool failed() const noexcept { return static_cast<bool>(error_); }

    std::uint16_t here() const noexcept { return static_cast<std::uint16_t>(at_); }
    bool next_is(char c) const noexcept { return at_ < text_.size() && text_[at_] == c; }

    std::uint16_t scheme() noexcept {
        while (at_ < text_.size() && text_[at_] != ':') {
            const char c = text_[at_];
            if (is_one_of(c, "/?#")) break;
            const bool good = is_letter(c) || (at_ != 0 && (is_digit(c) || is_one_of(c, "+-.")));
            if (!good) {
                fail(url_error::bad_scheme, at_);
                return 0;
            }
            ++at_;
        }
        if (!next_is(':') || at_ == 0) fail(url_error::no_scheme, 0);
        return static_cast<std::uint16_t>(at_++);
    }

    /// Goes on to `end` over what is allowed, and over escapes.
    template <class Allowed>
    void scan(std::size_t end, Allowed allowed, url_error otherwise) noexcept {
        for (; at_ < end; ++at_) {
            if (text_[at_] == '%') {
                const bool good = end - at_ > 2 && hexadecimal(text_[at_ + 1]) >= 0 &&
                                  hexadecimal(text_[at_ + 2]) >= 0;
                if (!good) return fail(url_error::bad_escape, at_);
                at_ += 2;
            } else if (!allowed(text_[at_])) {
                return fail(otherwise, at_);
            }
        }
    }

    std::size_t first_of(std::string_view ends) const noexcept {
        return std::min(text_.find_first_of(ends, at_), text_.size());
    }

    void authority(url& into) noexcept {
        if (text_.substr(at_, 2) != "//") {
            into.host_begin_ = into.host_end_ = into.userinfo_begin_ = into.userinfo_end_ = here();
            return;
        }
        into.has_authority_ = true;
        at_ += 2;
        const std::size_t end = first_of("/?#");
        into.userinfo_begin_ = into.userinfo_end_ = here();
        const std::size_t sign = text_.substr(0, end).find('@', at_);
        if (sign != text_.npos) userinfo(into, sign);
        if (failed()) return;
        next_is('[') ? address_in_brackets(into, end) : name(into, end);
        if (!failed() && next_is(':')) port(into, end);
        if (!failed() && at_ != end) fail(url_error::bad_host, at_);
    }

    void userinfo(url& into, std::size_t end) noexcept {
        if (policy_ == credentials::refused) {
            return fail(url_error::userinfo_refused, at_);
        }
        scan(end, [](char c) { return is_name_character(c) || c == ':'; }, url_error::bad_userinfo);
        into.userinfo_end_ = here();
        ++at_;
    }

    void address_in_brackets(url& into, std::size_t end) noexcept {
        const std::size_t begin = ++at_;
        const std::size_t close = text_.substr(0, end).find(']', at_);
        if (close == text_.npos) {
            return fail(url_error::unclosed_bracket, begin - 1);
        }
        const std::string_view inside = text_.substr(begin, close - begin);
        const std::size_t zone = inside.find('%');
        char digits[INET6_ADDRSTRLEN] = {};
        in6_addr ignored;
        const std::string_view number = inside.substr(0, zone);
        if (number.size() >= sizeof digits) {
            return fail(url_error::bad_ipv6, begin);
        }
        std::ranges::copy(number, digits);
        const bool good_zone = zone == inside.npos ||
                               (inside.substr(zone).starts_with("%25") && inside.size() > zone + 3);
        if (::inet_pton(AF_INET6, digits, &ignored) != 1 || !good_zone) {
            return fail(url_error::bad_ipv6, begin);
        }
        at_ = begin + number.size();
        scan(close, &is_unreserved, url_error::bad_ipv6);
        into.host_begin_ = static_cast<std::uint16_t>(begin);
        into.host_end_ = static_cast<std::uint16_t>(close);
        into.kind_ = host_kind::v6;
        ++at_;
    }

    void name(url& into, std::size_t end) noexcept {
        into.host_begin_ = here();
        const std::size_t colon = std::min(text_.substr(0, end).find(':', at_), end);
        scan(colon, &is_name_character, url_error::bad_host);
        into.host_end_ = here();
        if (into.host_begin_ == into.host_end_) return;
        const std::string_view host = text_.substr(into.host_begin_, at_ - into.host_begin_);
        into.kind_ = is_ipv4(host) ? host_kind::v4 : host_kind::name;
    }

    static bool is_ipv4(std::string_view host) noexcept {
        char digits[INET_ADDRSTRLEN] = {};
        if (host.size() >= sizeof digits) return false;
        std::ranges::copy(host, digits);
        in_addr ignored;
        return ::inet_pton(AF_INET, digits, &ignored) == 1;
    }

    void port(url& into, std::size_t end) noexcept {
        const std::size_t begin = ++at_;
        std::uint32_t number = 0;
        for (; at_ < end && is_digit(text_[at_]) && number <= 65535; ++at_)
            number = number * 10 + static_cast<std::uint32_t>(text_[at_] - '0');
        const std::size_t digits = at_ - begin;
        const bool leads_with_zero = digits > 1 && text_[begin] == '0';
        if (at_ != end || digits == 0 || number > 65535 || leads_with_zero)
            fail(url_error::bad_port, begin);
        else
            into.port_ = static_cast<std::uint16_t>(number);
    }

    void path(url& into) noexcept {
        into.path_begin_ = here();
        scan(
            first_of("?#"), [](char c) { return is_name_character(c) || is_one_of(c, ":@/"); },
            url_error::bad_path);
        into.path_end_ = here();
        into.query_begin_ = into.query_end_ = here();
        into.fragment_begin_ = into.fragment_end_ = here();
    }

    void query(url& into) noexcept {
        ++at_;
        into.query_begin_ = here();
        scan(first_of("#"), &is_of_query, url_error::bad_query);
        into.query_end_ = here();
        into.fragment_begin_ = into.fragment_end_ = here();
    }

    void fragment(url& into) noexcept {
        ++at_;
        into.fragment_begin_ = here();
        scan(text_.size(), &is_of_query, url_error::bad_fragment);
        into.fragment_end_ = here();
    }

    static bool is_of_query(char c) noexcept {
        return is_name_character(c) || is_one_of(c, ":@/?");
    }

    const std::string_view text_;
    const credentials policy_;
    std::size_t at_ = 0;
    std::error_code error_;
};

result<url> url::parse(std::string_view text, credentials policy) noexcept {
    url parsed;
    if (const std::error_code why = parser(text, policy).run(parsed)) return why;
    try {
        parsed.text_ = std::string(text);  // Of just that size; `assign` would round it up.
    } catch (const std::bad_alloc&) {
        return std::make_error_code(std::errc::not_enough_memory);
    }
    for (char& c : std::span(parsed.text_).first(parsed.scheme_end_))
        if (is_letter(c)) c = static_cast<char>(c | 0x20);
    return parsed;
}

std::string url::decoded(std::string_view part) {
    std::string bytes;
    bytes.reserve(part.size());
    for (std::size_t i = 0; i < part.size(); ++i) {
        if (part[i] == '%' && part.size() - i > 2) {
            bytes += static_cast<char>(hexadecimal(part[i + 1]) << 4 | hexadecimal(part[i + 2]));
            i += 2;
        } else {
            bytes += part[i];
        }
    }
    return bytes;
}

std::string url::encoded(std::string_view bytes, std::string_view besides) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
        if (is_unreserved(c) || is_one_of(c, besides)) {
            text += c;
            continue;
        }
        const auto value = static_cast<unsigned char>(c);
        text += '%';
        text += digits[value >> 4];
        text += digits[value & 15];
    }
    return text;
}

}  // namespace lariat
