#include "aio/sp/peer.hpp"

namespace lariat {

sp_peer::sp_peer(sp_rules& owner, std::size_t most_kept)
    : owner_(owner), kept_(most_kept), state_(new peer_handle::state{this}) {}

sp_peer::~sp_peer() {
    forget_handles();
    peer_handle::let_go(*state_);
}

}  // namespace lariat
