#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/report/row.hpp"

namespace made_up {

/// A row whose rounds lie within one per cent of `middle`.
inline bench::row row_around(std::string workload, std::string subject, double middle) {
    bench::row one;
    one.workload = std::move(workload);
    one.about = "what it does";
    one.unit = "ns/item";
    one.subject = std::move(subject);
    one.reference = "raw";
    for (int i = 0; i < 9; ++i) one.rounds.push_back(middle * (0.99 + 0.0025 * (i * 4 % 9)));
    one.per_item = bench::spread_of(one.rounds);
    return one;
}

/// The same with its ratio to a reference that always takes 100.
inline bench::row compared_row(std::string workload, std::string subject, double middle) {
    bench::row one = row_around(std::move(workload), std::move(subject), middle);
    one.ratios = bench::ratios_of(one.rounds, std::vector<double>(9, 100.0));
    one.ratio = bench::spread_of(one.ratios);
    return one;
}

inline bench::environment place() {
    bench::environment where;
    where.facts = {{"cpu", "A \"fast\" one, <8> cores"}, {"cores", "8"}, {"kernel", "6.18"}};
    where.processors = 8;
    where.warnings = {"other work & load"};
    return where;
}

}  // namespace made_up
