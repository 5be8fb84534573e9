#include "aio/sp/near_peer.hpp"

namespace lariat {

near_peer::pair near_peer::make(sp_rules& one, std::size_t most_kept_by_one, sp_rules& other,
                                std::size_t most_kept_by_other) {
    pair made{std::make_unique<near_peer>(one, most_kept_by_one),
              std::make_unique<near_peer>(other, most_kept_by_other)};
    made.first->other_ = made.second.get();
    made.second->other_ = made.first.get();
    return made;
}

bool near_peer::try_send(message& what) noexcept { return has_room() && send_beyond(what); }

bool near_peer::send_beyond(message& what) noexcept {
    // Neither ends within this call: an end is only asked for.
    const auto became = other_ ? other_->owner_.arrived(*other_, what) : reception::taken;
    if (became == reception::no_memory) return false;
    if (became == reception::wrong) other_->end();
    what = {};
    return true;
}

void near_peer::disconnect() noexcept {
    near_peer* const other = std::exchange(other_, nullptr);
    if (!other) return;
    other->other_ = nullptr;
    other->end();
}

}  // namespace lariat
