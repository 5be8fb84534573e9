#include "aio/sp/sub_socket.hpp"

#include <algorithm>

namespace lariat {

void sub_socket::subscribe(std::string_view prefix) {
    if (std::ranges::find(prefixes_, prefix) == prefixes_.end()) prefixes_.emplace_back(prefix);
}

bool sub_socket::unsubscribe(std::string_view prefix) noexcept {
    return std::erase(prefixes_, prefix) != 0;
}

bool sub_socket::wanted(std::string_view text) const noexcept {
    return std::ranges::any_of(prefixes_,
                               [&](const std::string& prefix) { return text.starts_with(prefix); });
}

reception sub_socket::arrived(sp_peer&, message& what) noexcept {
    if (!wanted(what.text()) || matching_.try_send(what)) return reception::taken;
    (void)matching_.try_receive();
    (void)matching_.try_send(what);
    return reception::taken;
}

void sub_socket::closing() noexcept {
    while (matching_.try_receive()) {
    }
    matching_.close();
}

}  // namespace lariat
