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
    while (!who.waiting().empty())
        static_cast<rep_request::replying&>(who.waiting().front()).drop();
    arrivals_.drop(who);
}

bool rep_socket::arrived(sp_peer& who, message& what) noexcept {
    switch (reply_trace::look(what, most_hops_)) {
        case reply_trace::found::whole:
            return arrivals_.keep(who, what);
        case reply_trace::found::too_long:
            return true;
        case reply_trace::found::torn:
            break;
    }
    return false;
}

void rep_socket::has_room(sp_peer& who) noexcept {
    while (!who.waiting().empty()) {
        auto& oldest = static_cast<rep_request::replying&>(who.waiting().front());
        if (!oldest.try_again(who)) return;
    }
}

void rep_socket::closing() noexcept {
    arrivals_.close();
    for_each_peer([](sp_peer& each) {
        wait_list::section now;
        each.waiting().fail_all(make_error_code(error::closed), now);
    });
}

bool rep_request::replying::launch() noexcept {
    if (!admitted()) return false;
    if (to_.socket_->closed()) return refuse(make_error_code(error::closed));
    sp_peer* const there = to_.from_.peer();
    if (!there) {
        with_ = {};
        return pass();
    }
    if (there->waiting().empty() && try_again(*there)) return false;
    wait_list::section now;
    return enter(now);
}

bool rep_request::replying::try_again(sp_peer& peer) noexcept {
    if (!peer.has_room()) return false;
    wait_list::section now;
    try {
        with_.push_front(to_.trace_.bytes());
    } catch (const std::bad_alloc&) {
        const auto why = std::make_error_code(std::errc::not_enough_memory);
        if (phase_ == phase::waiting)
            fail(why, now);
        else
            refuse(why);
        return true;
    }
    if (!peer.try_send(with_)) {
        with_.drop_front(to_.trace_.bytes().size());
        return false;
    }
    if (phase_ == phase::waiting)
        release(now);
    else
        pass();
    return true;
}

}  // namespace lariat
