#pragma once

#include <cstdint>
#include <type_traits>

#include "runtime/scope.hpp"
#include "runtime/task.hpp"

namespace bench {

/// The same task so many times, side by side; ends with the last of them.
template <class... Args>
lariat::task<> crowd(std::uint64_t count, lariat::task<> (*one)(Args...),
                     std::type_identity_t<Args>... args) {
    lariat::task_scope scope;
    for (std::uint64_t i = 0; i < count; ++i) scope.spawn(one(args...));
    co_await scope.join();
}

}  // namespace bench
