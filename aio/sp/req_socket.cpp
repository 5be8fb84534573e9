#include "aio/sp/req_socket.hpp"

#include <new>
#include <random>
#include <utility>

#include "aio/sp/trace.hpp"
#include "runtime/cancelled.hpp"
#include "runtime/error.hpp"
#include "runtime/home.hpp"
#include "runtime/within.hpp"

namespace lariat {

/// A request that waits for its reply.
class req_socket::asking final : public list_hook<unsent_requests> {
  public:
    asking(req_socket& of, message&& question) noexcept : of_(of), question_(std::move(question)) {}
    asking(const asking&) = delete;
    asking& operator=(const asking&) = delete;
    ~asking() { of_.leave(*this); }

    req_socket& of_;
    message question_;  // With its number in front.
    message reply_;
    std::uint32_t number_ = 0;
    asking* next_ = nullptr;  // Of the same chain.
    sp_peer* at_ = nullptr;   // Who was asked; null: nobody yet.
    time_point resend_ = never;
    bool answered_ = false;
    auto_event news_;
};

req_socket::req_socket(const req_options& options)
    : sp_socket(sp_protocol::req, options),
      resend_after_(options.resend_after),
      last_number_(std::random_device()()),
      by_number_(16) {}

req_socket::asking** req_socket::place_of(std::uint32_t number) noexcept {
    asking** place = &by_number_[number & (by_number_.size() - 1)];
    while (*place && (*place)->number_ != number) place = &(*place)->next_;
    return place;
}

/// Without memory for more chains they become longer.
void req_socket::make_room() noexcept {
    if (waiting_ < by_number_.size()) return;
    try {
        std::vector<asking*> chains(2 * by_number_.size());
        by_number_.swap(chains);
        for (asking* each : chains) {
            while (each) {
                asking* const next = std::exchange(each->next_, nullptr);
                *place_of(each->number_) = each;
                each = next;
            }
        }
    } catch (const std::bad_alloc&) {
        return;
    }
}

/// Returns: false without memory for its number.
bool req_socket::enter(asking& one) noexcept {
    make_room();
    std::uint32_t number = 0;
    do {
        number = last_word | ++last_number_;
    } while (*place_of(number));
    try {
        one.question_.push_front(word_bytes(number));
    } catch (const std::bad_alloc&) {
        return false;
    }
    one.number_ = number;
    *place_of(number) = &one;
    ++waiting_;
    unsent_.push_back(one);
    send_what_waits();
    return true;
}

void req_socket::leave(asking& one) noexcept {
    asking** const place = place_of(one.number_);
    if (*place != &one) return;
    *place = one.next_;
    --waiting_;
    if (one.linked()) one.unlink();
}

task<result<message>> req_socket::request(message question) {
    if (closed()) co_return error::closed;
    asking own(*this, std::move(question));
    if (!enter(own)) co_return std::make_error_code(std::errc::not_enough_memory);
    while (!own.answered_ && !closed()) {
        own.news_.reset();
        const auto news = co_await within(own.resend_, own.news_.wait());
        if (news || own.answered_) continue;
        // Whatever the reason is: it may be the one that is this wait's own otherwise.
        if (const auto why = cancelled()) co_return why;
        if (news.error() != make_error_code(error::timed_out)) co_return news.error();
        // It may have lost its peer, or found another one, since this wait began.
        if (own.resend_ <= home::current().now()) ask_again(own);
    }
    if (!own.answered_) co_return error::closed;
    co_return std::move(own.reply_);
}

void req_socket::ask_again(asking& one) noexcept {
    one.at_ = nullptr;
    one.resend_ = never;
    unsent_.push_back(one);
    send_what_waits();
}

void req_socket::send_what_waits() noexcept {
    while (!unsent_.empty() && !ready_.empty()) {
        sp_peer& next = ready_.front();
        asking& oldest = unsent_.front();
        message copy = oldest.question_.share();
        const bool given = next.try_send(copy);
        if (given && next.has_room())
            ready_.add(next);  // Behind the others.
        else
            ready_.remove(next);
        if (!given) continue;
        oldest.list_hook<unsent_requests>::unlink();
        oldest.at_ = &next;
        oldest.resend_ = after(home::current().now(), resend_after_);
        oldest.news_.set();
    }
}

void req_socket::joined(sp_peer& who) noexcept {
    ready_.add(who);
    send_what_waits();
}

void req_socket::left(sp_peer& who) noexcept {
    ready_.remove(who);
    for (asking* each : by_number_) {
        for (; each; each = each->next_) {
            if (each->at_ == &who && !each->answered_) ask_again(*each);
        }
    }
}

reception req_socket::arrived(sp_peer&, message& what) noexcept {
    const auto number = first_word(what);
    if (!number) return reception::wrong;
    asking* const whose = *place_of(*number);
    if (!whose || whose->answered_) return reception::taken;  // Too late: nobody waits for it.
    what.drop_front(word_size);
    whose->reply_ = std::move(what);
    whose->answered_ = true;
    if (whose->linked()) whose->unlink();
    whose->news_.set();
    return reception::taken;
}

void req_socket::closing() noexcept {
    for (asking* each : by_number_)
        for (; each; each = each->next_) each->news_.set();
}

}  // namespace lariat
