#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <random>

#include <doctest/doctest.h>

#include "aio/testing/transport_suite.hpp"

/// Every rule of the suite holds for a transport, but those about what it cannot do.
template <class Subject>
void expect_contract() {
    namespace kit = lariat::testing;
    const std::uint64_t seed = std::random_device()();
    const auto report = kit::run_transport_suite<Subject>({.bulk = 300'000, .seed = seed});

    CAPTURE(seed);
    for (const auto& failure : report.failures) FAIL_CHECK(failure);
    constexpr kit::transport_traits can = Subject::traits;
    // With nobody who listens go all rules about who does, and about who dials.
    const int of_doors = can.listens ? !can.resets + !can.descriptors + !can.refuses +
                                           2 * !can.black_hole + !can.takes_names + !can.long_names
                                     : 9 + 7;
    const int left_out = 2 * !can.ends + !can.half_close + !can.resets + !can.outlived + of_doors;
    CHECK(report.left_out.size() == static_cast<std::size_t>(left_out));
    CHECK(report.kept + report.left_out.size() == 38);
}
