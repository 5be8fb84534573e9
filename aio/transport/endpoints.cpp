#include "aio/transport/endpoints.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "aio/transport/transport.hpp"

namespace lariat {
namespace {

/// A name of this machine itself, with or without the final dot, in letters of any size.
/// Source: RFC 6761, 6.3.
bool is_localhost(std::string_view name) noexcept {
    constexpr std::string_view local = "localhost";
    if (name.ends_with('.')) name.remove_suffix(1);
    return std::ranges::equal(name, local, [](char one, char small) {
        return one == small || (one >= 'A' && one <= 'Z' && (one | 0x20) == small);
    });
}

bool is_number(std::string_view label) noexcept {
    const bool hexadecimal = label.starts_with("0x") || label.starts_with("0X");
    if (hexadecimal) label.remove_prefix(2);
    const auto digits = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
    return label.find_first_not_of(digits) == label.npos;
}

/// An address as a URL does not spell it, like `127.1`: a look-up would guess what it means.
bool ends_in_number(std::string_view name) noexcept {
    if (name.ends_with('.')) name.remove_suffix(1);
    return is_number(name.substr(name.rfind('.') + 1));
}

std::string text_of_address(const url& where) {
    const std::string host = url::decoded(where.host());
    const std::string port = ':' + std::to_string(*where.port());
    return where.kind() == host_kind::v6 ? '[' + host + ']' + port : host + port;
}

}  // namespace

task<result<std::vector<address>>> endpoints_of(url where, resolve_options names) {
    if (where.kind() == host_kind::none) co_return make_error_code(transport_error::no_host);
    if (!where.port()) co_return make_error_code(transport_error::no_port);
    std::vector<address> all;
    if (where.kind() != host_kind::name) {
        const auto only = address::parse(text_of_address(where));
        if (!only) co_return only.error();
        all.push_back(*only);
    } else if (is_localhost(where.host())) {
        all = {address::loopback_v6(*where.port()), address::loopback(*where.port())};
    } else if (ends_in_number(where.host())) {
        co_return make_error_code(transport_error::unknown_host);
    } else {
        names.type = socket_type::stream;
        names.numeric_service = true;
        co_return co_await resolve(url::decoded(where.host()), std::to_string(*where.port()),
                                   names);
    }
    co_return all;
}

}  // namespace lariat
