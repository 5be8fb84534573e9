#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/awaiter.hpp"
#include "runtime/home.hpp"
#include "runtime/task.hpp"
#include "runtime/task_branch.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

class branch;
class composite;

/// A branch's place among those of its composite.
class branch_place {
  public:
    bool done() const noexcept { return done_; }
    /// Whether it is done because it was never begun.
    bool skipped() const noexcept { return skipped_; }
    std::size_t index() const noexcept { return index_; }

  protected:
    composite* owner_ = nullptr;

  private:
    friend class branch_list;

    branch* next_ = nullptr;
    std::size_t index_ = 0;
    bool done_ = false;
    bool skipped_ = false;
};

/// One member of a composite: a strand of its own, and the way back to the composite.
class branch : public listener, public branch_place {
  public:
    strand line;

    void belong_to(composite& owner) noexcept { owner_ = &owner; }

    /// Whether the member ended by an exception.
    virtual bool failed() const noexcept { return false; }

  protected:
    branch() = default;
    branch(const branch&) = delete;
    branch& operator=(const branch&) = delete;
    ~branch() = default;

  private:
    std::coroutine_handle<> notify() noexcept final;
};

/// The members of a composite, in the order in which they were named.
class branch_list {
  public:
    void add(branch& member) noexcept {
        branch_place& place = member;
        place.index_ = size_++;
        *end_ = &member;
        end_ = &place.next_;
    }

    std::size_t size() const noexcept { return size_; }

    static void mark_done(branch_place& member) noexcept { member.done_ = true; }
    static void mark_skipped(branch_place& member) noexcept { member.skipped_ = true; }

    template <class Visit>
    void for_each(Visit visit) {
        for (branch* member = first_; member; member = place(*member).next_) visit(*member);
    }

  private:
    static branch_place& place(branch& member) noexcept { return member; }

    branch* first_ = nullptr;
    branch** end_ = &first_;
    std::size_t size_ = 0;
};

/// Several awaits waited for as one. Cancel goes to every member; the composite is over when all
/// its members are: nothing it started outlives it.
///
/// A type that holds members calls `abandon()` in its destructor, before they are gone.
class composite : public timed_waiter {
  public:
    composite(const composite&) = delete;
    composite& operator=(const composite&) = delete;

    /// Called by a member that is over.
    /// Returns: the coroutine to go on with.
    std::coroutine_handle<> member_done(branch& member) noexcept;

  protected:
    explicit composite(const char* name) noexcept : name_(name) {}
    ~composite() = default;

    void add(branch& member) noexcept {
        member.belong_to(*this);
        members_.add(member);
    }

    /// A member is over. What a composite decides then; the default waits for the rest.
    virtual void on_done(branch&) noexcept {}

    void cancel(std::error_code reason) noexcept override { cancel_members(reason); }
    void retract(std::error_code reason) noexcept override { retract_members(reason); }
    void expire() noexcept override {}
    void describe(wait_report& report) const override;
    void show_lines(line_visitor& visitor) override;

    /// Every member that is not over is asked to end; one that has not begun fails when it does.
    void cancel_members(std::error_code reason) noexcept;

    /// The same, and what they were promised and not told of goes back; see `waiter::retract`.
    void retract_members(std::error_code reason) noexcept;

    /// Requires: all members added. To be followed by a `launch_member` or `skip_member` for each.
    void begin_launch(bool heed_strand = true) noexcept;

    template <class Member>
    void launch_member(Member& member) noexcept {
        member.awaiter.attach(&member.line, member);
        if (!member.awaiter.launch()) count_done(member);
    }

    /// The member is not begun, and over.
    void skip_member(branch& member) noexcept {
        branch_list::mark_skipped(member);
        count_done(member);
    }

    /// Returns: whether the composite is pending.
    bool end_launch() noexcept;

    /// The composite dies: members that are pending are cancelled, all before the first is waited
    /// for, and nobody is resumed.
    void abandon() noexcept;

    std::size_t pending() const noexcept { return pending_; }
    home& at() const noexcept { return *home_; }

  private:
    void count_done(branch& member) noexcept;

    const char* name_;
    branch_list members_;
    home* home_ = nullptr;
    std::size_t pending_ = 0;
    bool launching_ = false;
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

/// An awaitable of another library becomes a member through a task of ours.
template <class Awaitable>
task<await_result<Awaitable>> as_task(Awaitable awaitable) {
    co_return co_await std::forward<Awaitable>(awaitable);
}

/// Returns: what runs `awaitable` as a member of a composite.
template <class Awaitable>
auto member_awaiter(Awaitable&& awaitable) {
    if constexpr (is_task<std::remove_cvref_t<Awaitable>>) {
        static_assert(!std::is_lvalue_reference_v<Awaitable>,
                      "a task is awaited once: give it away with std::move");
        return task_branch<typename Awaitable::value_type>(std::forward<Awaitable>(awaitable));
    } else if constexpr (launchable<std::remove_cvref_t<awaiter_type<Awaitable>>>) {
        return awaiter_of(std::forward<Awaitable>(awaitable));
    } else {
        return task_branch<await_result<Awaitable>>(
            as_task<Awaitable>(std::forward<Awaitable>(awaitable)));
    }
}

/// A member that runs `Awaitable`.
template <class Awaitable>
class member final : public branch {
  public:
    using member_type = decltype(member_awaiter(std::declval<Awaitable>()));
    using outcome_type = decltype(std::declval<member_type&>().await_resume());
    /// `outcome_type` as a value: nothing becomes `std::monostate`.
    using value_type =
        std::conditional_t<std::is_void_v<outcome_type>, std::monostate, outcome_type>;

    explicit member(Awaitable&& awaitable)
        : awaiter(member_awaiter(std::forward<Awaitable>(awaitable))) {}

    bool failed() const noexcept override {
        if constexpr (requires { awaiter.failed(); })
            return done() && awaiter.failed();
        else
            return false;
    }

    void rethrow() {
        if constexpr (requires { awaiter.take_exception(); })
            std::rethrow_exception(awaiter.take_exception());
    }

    value_type take() {
        if constexpr (std::is_void_v<outcome_type>) {
            awaiter.await_resume();
            return {};
        } else {
            return awaiter.await_resume();
        }
    }

    member_type awaiter;
};

/// Several awaits as one, not begun: it becomes its awaiter where it is awaited.
template <class Awaiter, class Parts>
class [[nodiscard]] composite_description {
  public:
    explicit composite_description(Parts&& parts) : parts_(std::move(parts)) {}
    Awaiter operator co_await() && { return Awaiter(std::move(parts_)); }

  private:
    Parts parts_;
};

/// How a composite keeps what it was given: a name by reference, a temporary by value.
template <class Awaitable>
using kept = std::conditional_t<std::is_lvalue_reference_v<Awaitable>, Awaitable,
                                std::remove_cvref_t<Awaitable>>;

}  // namespace lariat
