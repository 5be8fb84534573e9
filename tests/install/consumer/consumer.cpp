#include <iostream>

#include "aio/op/nop.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/version.hpp"

lariat::task<lariat::result<std::string_view>> ask_kernel() {
    const auto answered = co_await lariat::nop{};
    if (!answered) co_return answered.error();
    co_return lariat::version();
}

int main() { std::cout << lariat::run(ask_kernel()).value() << '\n'; }
