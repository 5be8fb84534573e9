#pragma once

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

#include "runtime/cancellation.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// Returns: what a `co_await` of this awaitable would talk to.
template <class Awaitable>
decltype(auto) awaiter_of(Awaitable&& awaitable) {
    if constexpr (requires { std::forward<Awaitable>(awaitable).operator co_await(); })
        return std::forward<Awaitable>(awaitable).operator co_await();
    else if constexpr (requires { operator co_await(std::forward<Awaitable>(awaitable)); })
        return operator co_await(std::forward<Awaitable>(awaitable));
    else
        return std::forward<Awaitable>(awaitable);
}

template <class Awaitable>
using awaiter_type = decltype(awaiter_of(std::declval<Awaitable>()));

template <class Awaitable>
using await_result = decltype(awaiter_of(std::declval<Awaitable>()).await_resume());

/// What can be a member of a composite as it is: it is told its strand and whom to notify, and can
/// be launched.
template <class Awaiter>
concept launchable = requires(Awaiter& awaiter, strand* line, listener& owner) {
    awaiter.attach(line, owner);
    { awaiter.launch() } noexcept -> std::same_as<bool>;
};

/// An awaitable that knows nothing of homes and strands: whoever has its handle resumes it, on any
/// stack and any thread. One that wants to see the promise is not meant: it knows whose it is.
template <class Awaitable>
concept foreign_awaitable =
    !launchable<std::remove_cvref_t<awaiter_type<Awaitable>>> &&
    !std::derived_from<std::remove_cvref_t<awaiter_type<Awaitable>>, runnable> &&
    requires(awaiter_type<Awaitable> awaiter, std::coroutine_handle<> whoever) {
        awaiter.await_suspend(whoever);
    };

}  // namespace lariat
