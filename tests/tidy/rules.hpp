#pragma once

#include "tests/tidy/tree.hpp"

namespace tidy {

inline constexpr std::size_t most_lines = 400;
inline constexpr std::size_t most_function_lines = 70;
inline constexpr std::size_t most_columns = 100;

/// The layers: who may include whom.
complaints arrows_that_point_up(const tree&);
complaints files_and_lists_that_differ(const tree&);
complaints liburing_out_of_place(const tree&);
complaints openssl_out_of_place(const tree&);
complaints private_headers_in_public_ones(const tree&);
complaints contract_that_reaches_the_ring(const tree&);
complaints unexpected_entries(const tree&);

/// The text of one file.
complaints lines_too_many_or_too_long(const source&);
complaints functions_too_long(const source&);
complaints first_lines_that_differ(const source&);
complaints unfinished_work(const source&);

}  // namespace tidy
