#include <chrono>
#include <iostream>

#include "runtime/scheduler.hpp"
#include "runtime/sleep.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

io::task<io::result<int>> answer() {
    const auto slept = co_await io::sleep_for(10ms);
    if (!slept) co_return slept.error();  // somebody stopped us
    co_return 42;
}

int main() { std::cout << io::run(answer()).value() << '\n'; }
