#include "aio/transport/connect_race.hpp"

#include <cstdint>

#include "runtime/error.hpp"
#include "runtime/within.hpp"

namespace lariat {
namespace {

/// How much an error tells of why nothing was reached.
enum class weight : std::uint8_t {
    none,        ///< No error.
    no_way,      ///< There is no way from here: this machine lacks the family, or a route.
    from_there,  ///< A host, or a router on the way, has answered; or nobody did.
    given_up,    ///< Nobody wants to know any more.
};

weight weight_of(std::error_code why) noexcept {
    if (!why) return weight::none;
    if (why == std::errc::operation_canceled) return weight::given_up;
    if (why == std::errc::network_unreachable || why == std::errc::network_down ||
        why == std::errc::address_not_available || why == std::errc::address_family_not_supported)
        return weight::no_way;
    return weight::from_there;
}

}  // namespace

std::vector<address> interleave_families(const std::vector<address>& sorted,
                                         std::size_t first_family) {
    std::vector<address> first, other, all;
    for (const address& each : sorted)
        (each.family() == sorted.front().family() ? first : other).push_back(each);
    all.reserve(sorted.size());
    auto next = first.begin();
    auto next_other = other.begin();
    while (all.size() < sorted.size()) {
        for (std::size_t i = 0; i < first_family && next != first.end(); ++i)
            all.push_back(*next++);
        first_family = 1;
        if (next_other != other.end()) all.push_back(*next_other++);
    }
    return all;
}

void race_course::fail(std::error_code why) noexcept {
    if (weight_of(why) > weight_of(failure_)) failure_ = why;
}

task<bool> race_course::wait_for_next(duration delay) {
    const auto news = co_await within(delay, news_.wait());
    if (won_) co_return false;
    if (news || news.error() == error::timed_out) co_return true;
    fail(news.error());
    co_return false;
}

}  // namespace lariat
