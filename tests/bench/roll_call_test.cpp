#include "bench/roll_call.hpp"

#include <ostream>
#include <vector>

#include <doctest/doctest.h>

TEST_CASE("only the last to come has found all there, and only the last to go leaves none") {
    bench::roll_call all(3);
    std::vector<bool> came;
    std::vector<bool> gone;

    for (int i = 0; i < 3; ++i) came.push_back(all.come());
    for (int i = 0; i < 3; ++i) gone.push_back(all.go());

    CHECK(came == std::vector{false, false, true});
    CHECK(gone == std::vector{false, false, true});
}
