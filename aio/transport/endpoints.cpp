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

std::string text_of_address(const url& where) {
    const std::string host = url::decoded(where.host());
    const std::string port = ':' + std::to_string(*where.port());
    return where.kind() == host_kind::v6 ? '[' + host + ']' + port : host + port;
}

}  // namespace

task<result<std::vector<address>>> endpoints_of(url where) {
    if (where.kind() == host_kind::none) co_return make_error_code(transport_error::no_host);
    if (!where.port()) co_return make_error_code(transport_error::no_port);
    std::vector<address> all;
    if (where.kind() != host_kind::name) {
        const auto only = address::parse(text_of_address(where));
        if (!only) co_return only.error();
        all.push_back(*only);
    } else if (is_localhost(where.host())) {
        all = {address::loopback_v6(*where.port()), address::loopback(*where.port())};
    } else {
        co_return make_error_code(transport_error::unknown_host);
    }
    co_return all;
}

}  // namespace lariat
