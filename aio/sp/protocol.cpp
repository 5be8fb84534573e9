#include "aio/sp/protocol.hpp"

#include <algorithm>

namespace lariat {

sp_greeting greeting_of(sp_protocol own) noexcept {
    const auto number = static_cast<std::uint16_t>(own);
    return {std::byte{0},
            std::byte{'S'},
            std::byte{'P'},
            std::byte{0},
            static_cast<std::byte>(number >> 8),
            static_cast<std::byte>(number),
            std::byte{0},
            std::byte{0}};
}

result<void> check_greeting(const sp_greeting& theirs, sp_protocol own) noexcept {
    const sp_greeting fitting = greeting_of(peer_of(own));
    if (theirs == fitting) return {};
    sp_greeting unnumbered = theirs;
    std::copy_n(fitting.begin() + 4, 2, unnumbered.begin() + 4);
    if (unnumbered == fitting) return std::make_error_code(std::errc::wrong_protocol_type);
    return std::make_error_code(std::errc::protocol_error);
}

}  // namespace lariat
