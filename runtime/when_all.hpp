#pragma once

#include <concepts>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

#include "runtime/member_pack.hpp"
#include "runtime/member_range.hpp"

namespace lariat {

/// Awaits all its members, and then yields what each of them yielded. `Members` is a pack or a
/// range.
template <class Members>
class when_all_awaiter final : public Members, public awaiting<when_all_awaiter<Members>> {
  public:
    template <class Parts>
        requires(!std::same_as<std::remove_cvref_t<Parts>, when_all_awaiter>)
    explicit when_all_awaiter(Parts&& parts) : Members("when_all", std::forward<Parts>(parts)) {}

    bool launch() noexcept { return this->launch_all(); }
    typename Members::values await_resume() { return this->take_all(); }

  private:
    void on_done(branch& member) noexcept override {
        if (member.failed()) this->cancel_members(make_error_code(error::canceled));
    }
};

/// Waits for everything that is named: operations, tasks, any awaitable. Yields a `std::tuple` of
/// what each yields, `std::monostate` for nothing. An error is a result like any other and ends no
/// one else; an exception cancels the others, which are waited for, and is rethrown: the one of
/// the first member in order that threw.
/// Cancel: every member.
/// Lifetime: what is passed by name is awaited where it is and must outlive the wait.
template <class... Awaitables>
    requires(!(sizeof...(Awaitables) == 1 && (std::ranges::range<Awaitables> && ...)))
auto when_all(Awaitables&&... awaitables) {
    using parts = std::tuple<kept<Awaitables>...>;
    return composite_description<when_all_awaiter<member_pack<kept<Awaitables>...>>, parts>(
        parts(std::forward<Awaitables>(awaitables)...));
}

/// The same for a range that is given away, as `std::move(vector)`. Yields an `outcome_list`.
/// Errors: throws `std::bad_alloc`: a range allocates once.
template <std::ranges::sized_range Range>
    requires(!std::is_lvalue_reference_v<Range>)
auto when_all(Range&& awaitables) {
    return composite_description<when_all_awaiter<member_range<std::ranges::range_value_t<Range>>>,
                                 Range>(std::forward<Range>(awaitables));
}

}  // namespace lariat
