#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/member_pack.hpp"
#include "runtime/member_range.hpp"
#include "runtime/result.hpp"
#include "runtime/rotation.hpp"
#include "runtime/when_any.hpp"

namespace lariat {

/// What a member yields that may not have been begun.
template <class Value>
struct selected_value {
    static_assert(carries_error<Value>,
                  "select: a task must return result<T>, so that it can say that it did not begin");
    using type = Value;
};
template <>
struct selected_value<void> {
    using type = result<void>;
};

/// Takes from a member what it yields.
struct take_selected {
    template <class Member>
    auto operator()(Member& each) const {
        using value = typename selected_value<typename Member::outcome_type>::type;
        if (each.skipped()) return value(each.line.reason);
        if constexpr (std::is_void_v<typename Member::outcome_type>) {
            each.take();
            return value();
        } else {
            return each.take();
        }
    }
};

/// Begins its members until one is done, awaits that one, and takes the others back.
template <class Members>
class select_awaiter final : public Members, public awaiting<select_awaiter<Members>> {
  public:
    template <class Parts>
        requires(!std::same_as<std::remove_cvref_t<Parts>, select_awaiter>)
    explicit select_awaiter(Parts&& parts) : Members("select", std::forward<Parts>(parts)) {}

    bool launch() noexcept {
        next_ = &home::current().turns_of_selects().next_of(key(), this->size());
        first_ = *next_;
        this->begin_launch();
        decided_ = this->refused();
        this->visit_from(first_, [this](auto& each) noexcept {
            if (decided_)
                this->skip_member(each);
            else
                this->launch_member(each);
        });
        return this->end_launch();
    }

    auto await_resume() {
        auto all = this->take_each(take_selected());
        return any_result<decltype(all)>(first_, std::move(all));
    }

  private:
    /// The same select is known by where it waits and, if they say so, what for.
    rotation::key key() noexcept {
        rotation::key who(this);
        this->visit_from(0, [&who](auto& each) noexcept {
            if constexpr (requires { each.awaiter.waits_for(); }) who.add(each.awaiter.waits_for());
        });
        return who;
    }

    void on_done(branch& member) noexcept override {
        if (decided_) return;
        decided_ = true;
        first_ = member.index();
        *next_ = first_ + 1;
        this->retract_members(make_error_code(error::canceled));
    }

    std::size_t* next_ = nullptr;
    std::size_t first_ = 0;
    bool decided_ = false;
};

/// Waits for one of what is named, in success or in error, as `when_any` does, but for loops: it
/// begins the members one after the other, the first of them in turn, and no more once one was done
/// at once. So nobody is favoured, and one thing is taken at a time:
///
///     auto next = co_await io::select(jobs.receive(), news.receive());
///
/// Yields `any_result`: who was first, and every member's result. Those that were begun in vain are
/// cancelled and waited for; a receive, an acquire or an auto_event's wait that was promised
/// something meanwhile gives it back, to the next one, and yields `canceled`. A send that went, or
/// an operation that had won already, keeps its result: look at it. Those that were never begun
/// yield `canceled` and have touched nothing; a task then has not run.
/// A `task<>` yields `result<void>`, any other must return `result<T>`.
/// Cancel: every member; on a cancelled strand none is begun.
/// Lifetime: what is passed by name is awaited where it is and must outlive the wait.
template <class... Awaitables>
    requires(sizeof...(Awaitables) > 0 &&
             !(sizeof...(Awaitables) == 1 && (std::ranges::range<Awaitables> && ...)))
auto select(Awaitables&&... awaitables) {
    using parts = std::tuple<kept<Awaitables>...>;
    return composite_description<select_awaiter<member_pack<kept<Awaitables>...>>, parts>(
        parts(std::forward<Awaitables>(awaitables)...));
}

/// The same for a range that is given away, as `std::move(vector)`.
/// Requires: not empty.
/// Errors: throws `std::bad_alloc`: a range allocates once.
template <std::ranges::sized_range Range>
    requires(!std::is_lvalue_reference_v<Range>)
auto select(Range&& awaitables) {
    check(std::ranges::size(awaitables) > 0, "select: of nothing, which never ends");
    return composite_description<select_awaiter<member_range<std::ranges::range_value_t<Range>>>,
                                 Range>(std::forward<Range>(awaitables));
}

}  // namespace lariat
