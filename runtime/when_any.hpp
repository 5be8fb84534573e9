#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

#include "runtime/member_pack.hpp"
#include "runtime/member_range.hpp"

namespace lariat {

/// Who was first, and what every member yielded: a loser that had won already keeps its bytes or
/// its descriptor, the others yield `canceled`.
template <class Values>
class [[nodiscard]] any_result {
  public:
    any_result(std::size_t first, Values all) : index(first), results(std::move(all)) {}

    /// The result of the member at `Index`.
    template <std::size_t Index>
    auto& get() noexcept {
        return std::get<Index>(results);
    }
    template <std::size_t Index>
    const auto& get() const noexcept {
        return std::get<Index>(results);
    }

    std::size_t index;  ///< The member that ended first.
    Values results;     ///< Of all members, in order: a tuple, or an `outcome_list`.
};

/// Awaits one of its members, cancels the others and waits for them.
template <class Members>
class when_any_awaiter final : public Members, public awaiting<when_any_awaiter<Members>> {
  public:
    using value = any_result<typename Members::values>;

    template <class Parts>
        requires(!std::same_as<std::remove_cvref_t<Parts>, when_any_awaiter>)
    explicit when_any_awaiter(Parts&& parts) : Members("when_any", std::forward<Parts>(parts)) {}

    bool launch() noexcept { return this->launch_all(); }
    value await_resume() { return value(first_, this->take_all()); }

  private:
    void on_done(branch& member) noexcept override {
        if (decided_) return;
        decided_ = true;
        first_ = member.index();
        this->cancel_members(make_error_code(error::canceled));
    }

    std::size_t first_ = 0;
    bool decided_ = false;
};

/// Waits for the first of what is named to end, in success or in error, cancels the others and
/// **waits for them**: nothing it started outlives it. Yields `any_result`: who was first, and
/// every member's result, because one that is cancelled may have won already. If a member throws,
/// it is rethrown when all are over.
/// Cancel: every member.
/// Lifetime: what is passed by name is awaited where it is and must outlive the wait.
template <class... Awaitables>
    requires(sizeof...(Awaitables) > 0 &&
             !(sizeof...(Awaitables) == 1 && (std::ranges::range<Awaitables> && ...)))
auto when_any(Awaitables&&... awaitables) {
    using parts = std::tuple<kept<Awaitables>...>;
    return composite_description<when_any_awaiter<member_pack<kept<Awaitables>...>>, parts>(
        parts(std::forward<Awaitables>(awaitables)...));
}

/// The same for a range that is given away, as `std::move(vector)`.
/// Requires: not empty.
/// Errors: throws `std::bad_alloc`: a range allocates once.
template <std::ranges::sized_range Range>
    requires(!std::is_lvalue_reference_v<Range>)
auto when_any(Range&& awaitables) {
    check(std::ranges::size(awaitables) > 0, "when_any: of nothing, which never ends");
    return composite_description<when_any_awaiter<member_range<std::ranges::range_value_t<Range>>>,
                                 Range>(std::forward<Range>(awaitables));
}

}  // namespace lariat
