#include "aio/sp/rep_socket.hpp"

#include <new>

#include "runtime/error.hpp"

namespace lariat {

rep_socket::rep_socket(const rep_options& options)
    : sp_socket(sp_protocol::rep, options), most_hops_(options.most_hops) {
    check(most_hops_ > 0 && most_hops_ <= reply_trace::longest,
          "rep_socket: most_hops is 0, or above 16");
}

void rep_socket::left(sp_peer& who) noexcept {
    who.forget_handles();
    arrivals_.drop(who);
}

reception rep_socket::arrived(sp_peer& who, message& what) noexcept {
    switch (reply_trace::look(what, most_hops_)) {
        case reply_trace::found::whole:
            if (!arrivals_.hold(who, what)) return reception::no_memory;
            if (!arrivals_.offers(who) && who.has_room()) arrivals_.offer(who);
            return reception::taken;
        case reply_trace::found::too_long:
            return reception::taken;
        case reply_trace::found::torn:
            break;
    }
    return reception::wrong;
}

/// Returns: false without memory for it; then it is as it was.
bool rep_socket::send_back(sp_peer& who, const reply_trace& way, message& what) noexcept {
    try {
        what.push_front(way.bytes());
    } catch (const std::bad_alloc&) {
        return false;
    }
    if (!who.send_beyond(what)) {
        what.drop_front(way.bytes().size());
        return false;
    }
    if (!who.has_room()) arrivals_.withhold(who);
    return true;
}

bool rep_request::replying::launch() noexcept {
    if (!admitted()) return false;
    if (to_.socket_->closed()) return refuse(make_error_code(error::closed));
    sp_peer* const there = to_.from_.peer();
    if (there && !to_.socket_->send_back(*there, to_.trace_, with_))
        return refuse(std::make_error_code(std::errc::not_enough_memory));
    with_ = {};
    return pass();
}

}  // namespace lariat
