#pragma once

#include <cstddef>
#include <exception>
#include <tuple>
#include <utility>

#include "runtime/composite.hpp"

namespace lariat {

/// A composite of members that are named one by one: they live in the awaiter.
template <class... Awaitables>
class member_pack : public composite {
  public:
    using awaitables = std::tuple<Awaitables...>;
    using values = std::tuple<typename member<Awaitables>::value_type...>;

  protected:
    member_pack(const char* name, awaitables&& parts)
        : member_pack(name, std::move(parts), std::index_sequence_for<Awaitables...>()) {}
    ~member_pack() { abandon(); }

    bool launch_all() noexcept {
        begin_launch();
        std::apply([this](auto&... each) { (this->launch_member(each), ...); }, members_);
        return end_launch();
    }

    /// Requires: all members are done.
    /// Returns: what each of them yields; rethrows the first exception instead.
    values take_all() {
        std::apply([](auto&... each) { ((each.failed() ? each.rethrow() : void()), ...); },
                   members_);
        return std::apply([](auto&... each) { return values{each.take()...}; }, members_);
    }

  private:
    template <std::size_t... Index>
    member_pack(const char* name, awaitables&& parts, std::index_sequence<Index...>)
        : composite(name), members_(std::forward<Awaitables>(std::get<Index>(parts))...) {
        (add(std::get<Index>(members_)), ...);
    }

    std::tuple<member<Awaitables>...> members_;
};

}  // namespace lariat
