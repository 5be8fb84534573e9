#include "aio/sp/door.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace lariat {
namespace {

struct door_list {
    std::mutex lock;
    std::map<std::string, sp_door*, std::less<>> doors;
};

door_list& all() {
    static door_list list;
    return list;
}

}  // namespace

sp_door::sp_door(std::string name, sp_socket& owner, sp_protocol protocol,
                 std::size_t most_on_the_way)
    : name_(std::move(name)),
      owner_(owner),
      protocol_(protocol),
      most_on_the_way_(most_on_the_way) {}

result<std::unique_ptr<sp_door>> sp_door::open(std::string name, sp_socket& owner,
                                               sp_protocol protocol, std::size_t most_on_the_way) {
    auto door = std::make_unique<sp_door>(std::move(name), owner, protocol, most_on_the_way);
    const std::lock_guard guard(all().lock);
    door->listed_ = all().doors.emplace(door->name_, door.get()).second;
    if (!door->listed_) return std::make_error_code(std::errc::address_in_use);
    return door;
}

sp_door::~sp_door() {
    if (!listed_) return;
    bool posted = false;
    {
        const std::lock_guard guard(all().lock);
        all().doors.erase(name_);
        posted = posted_;
    }
    // Nobody finds it any more.
    for (const auto& each : visitors_) each->end();
    if (posted) home_.flush();
}

result<sp_door::found> sp_door::find(const std::string& name, sp_protocol protocol) {
    const std::lock_guard guard(all().lock);
    const auto place = all().doors.find(name);
    if (place == all().doors.end()) return std::make_error_code(std::errc::connection_refused);
    sp_door& door = *place->second;
    if (door.protocol_ != peer_of(protocol))
        return std::make_error_code(std::errc::wrong_protocol_type);
    if (door.home_.on_this_thread()) return found(&door.owner_);
    if (door.visitors_.size() == most_visitors)
        return std::make_error_code(std::errc::connection_refused);
    auto link = std::make_shared<far_link>(door.most_on_the_way_);
    door.visitors_.push_back(link);
    if (!std::exchange(door.posted_, true)) door.home_.post(door.knock_);
    return found(std::move(link));
}

std::shared_ptr<far_link> sp_door::first_visitor() const noexcept {
    const std::lock_guard guard(all().lock);
    return visitors_.empty() ? nullptr : visitors_.front();
}

void sp_door::first_has_left() noexcept {
    const std::lock_guard guard(all().lock);
    visitors_.pop_front();
}

void sp_door::knock::arrive() noexcept {
    {
        const std::lock_guard guard(all().lock);
        door_.posted_ = false;
    }
    door_.knocked_.set();
}

}  // namespace lariat
