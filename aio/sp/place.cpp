#include "aio/sp/place.hpp"

namespace lariat {
namespace {

/// What is not called here as it is below, or has a mapping of its own.
constexpr struct {
    std::string_view scheme;
    sp_place::kind what;
    sp_mapping mapping;
    std::string_view below;
} special[] = {
    {"ipc://", sp_place::kind::stream, sp_mapping::ipc, "unix://"},
    {"unix://", sp_place::kind::stream, sp_mapping::ipc, "unix://"},
    {"abstract://", sp_place::kind::stream, sp_mapping::ipc, "unix:@"},
    {"inproc://", sp_place::kind::inproc, sp_mapping::tcp, ""},
};

}  // namespace

result<sp_place> sp_place::parse(std::string_view url) {
    for (const auto& each : special) {
        if (!url.starts_with(each.scheme)) continue;
        const std::string_view rest = url.substr(each.scheme.size());
        if (rest.empty()) return std::make_error_code(std::errc::invalid_argument);
        return sp_place{each.what, each.mapping, std::string(each.below).append(rest)};
    }
    if (url.find("://") == url.npos) return std::make_error_code(std::errc::invalid_argument);
    return sp_place{kind::stream, sp_mapping::tcp, std::string(url)};
}

std::string sp_place::url_of(std::string_view below) const {
    if (mapping == sp_mapping::tcp) return std::string(below);
    for (const auto& each : special) {
        if (each.what != kind::stream || !below.starts_with(each.below)) continue;
        return std::string(each.scheme).append(below.substr(each.below.size()));
    }
    return std::string(below);
}

}  // namespace lariat
