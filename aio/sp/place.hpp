#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aio/sp/protocol.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// Where a message socket is found: a URL, taken apart.
struct sp_place {
    enum class kind : std::uint8_t {
        inproc,  ///< `address` is a name.
        stream,  ///< `address` is the URL of the stream below.
    };

    kind what = kind::stream;
    sp_mapping mapping = sp_mapping::tcp;
    std::string address;

    /// Returns: what to dial where the stream below is found at `below`.
    std::string url_of(std::string_view below) const;

    /// Errors: invalid_argument.
    static result<sp_place> parse(std::string_view url);
};

}  // namespace lariat
