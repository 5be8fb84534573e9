#include "aio/sp/place.hpp"

#include <optional>

#include "aio/dial.hpp"
#include "aio/url.hpp"

namespace lariat {
namespace {

/// Returns: what follows the scheme, if it is that one.
std::optional<std::string_view> behind(std::string_view scheme, std::string_view url) noexcept {
    if (!url.starts_with(scheme)) return std::nullopt;
    return url.substr(scheme.size());
}

/// A path of NNG's has no escapes: what it says is the name of the file.
std::string stream_at_path(std::string_view path) {
    const std::string_view scheme = path.starts_with('/') ? "unix://" : "unix:";
    return std::string(scheme).append(url::encoded(path, "/"));
}

}  // namespace

result<sp_place> sp_place::parse(std::string_view url) {
    const auto no_url = std::make_error_code(std::errc::invalid_argument);
    for (const std::string_view scheme : {"ipc://", "unix://"}) {
        const auto path = behind(scheme, url);
        if (!path) continue;
        if (path->empty()) return no_url;
        return sp_place{kind::stream, sp_mapping::ipc, stream_at_path(*path)};
    }
    if (const auto name = behind("abstract://", url)) {
        if (name->empty()) return no_url;
        return sp_place{kind::stream, sp_mapping::ipc, std::string("unix:@").append(*name)};
    }
    if (const auto name = behind("inproc://", url)) {
        if (name->empty()) return no_url;
        return sp_place{kind::inproc, sp_mapping::tcp, std::string(*name)};
    }
    // What NNG calls what is `tls` here, unless the program knows that name.
    const auto over_tls = behind("tls+tcp://", url);
    if (over_tls && !transport_of("tls+tcp"))
        return sp_place{kind::stream, sp_mapping::tcp, std::string("tls://").append(*over_tls)};
    if (url.find("://") == url.npos) return no_url;
    return sp_place{kind::stream, sp_mapping::tcp, std::string(url)};
}

}  // namespace lariat
