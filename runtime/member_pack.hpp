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

    /// Calls `visit` on each member, in their order, beginning with the one at `first`.
    template <class Visit>
    void visit_from(std::size_t first, Visit visit) noexcept {
        const auto visit_those = [&](bool behind) {
            const auto consider = [&](auto& each) {
                if ((each.index() >= first) == behind) visit(each);
            };
            std::apply([&](auto&... each) { (consider(each), ...); }, members_);
        };
        visit_those(true);
        visit_those(false);
    }

    /// Requires: all members are done.
    /// Returns: what each of them yields; rethrows the first exception instead.
    values take_all() {
        return take_each([](auto& each) { return each.take(); });
    }

    /// The same, with what `take` makes of each.
    template <class Take>
    auto take_each(Take take) {
        std::apply([](auto&... each) { ((each.failed() ? each.rethrow() : void()), ...); },
                   members_);
        return std::apply(
            [&](auto&... each) { return std::tuple<decltype(take(each))...>{take(each)...}; },
            members_);
    }

    std::size_t size() const noexcept { return sizeof...(Awaitables); }

  private:
    template <std::size_t... Index>
    member_pack(const char* name, awaitables&& parts, std::index_sequence<Index...>)
        : composite(name), members_(std::forward<Awaitables>(std::get<Index>(parts))...) {
        (add(std::get<Index>(members_)), ...);
    }

    std::tuple<member<Awaitables>...> members_;
};

}  // namespace lariat
