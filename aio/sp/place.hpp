#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aio/sp/protocol.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// Where a message socket is found: a URL, taken apart as NNG takes it.
struct sp_place {
    enum class kind : std::uint8_t {
        inproc,  ///< `address` is a name.
        stream,  ///< `address` is the URL of the stream below.
    };

    kind what = kind::stream;
    sp_mapping mapping = sp_mapping::tcp;
    std::string address;

    /// Errors: invalid_argument.
    static result<sp_place> parse(std::string_view url);
};

}  // namespace lariat
