#include <iostream>

#include "runtime/result.hpp"
#include "runtime/version.hpp"

int main() {
    const lariat::result<std::string_view> version = lariat::version();
    std::cout << *version << '\n';
}
