#include "runtime/version.hpp"

#include <algorithm>
#include <ostream>

#include <doctest/doctest.h>

TEST_CASE("the version names three numbers") {
    const auto version = lariat::version();

    CHECK(std::count(version.begin(), version.end(), '.') == 2);
    CHECK(version.find_first_not_of("0123456789.") == version.npos);
}
