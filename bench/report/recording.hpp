#pragma once

#include <string>
#include <string_view>

#include "bench/report/row.hpp"

namespace bench {

/// All that was found, with each round, so that a later run can be compared.
std::string to_json(const recording& all);

/// Reads what `to_json` writes. What it does not know it takes for further figures of a row.
/// Errors: throws `bad_json`.
recording from_json(std::string_view text);

/// One line for each row after one of names, fields quoted as in RFC 4180. Each line also says in
/// what environment it was measured, so that lines of several runs can stand in one file.
std::string to_csv(const recording& all);

}  // namespace bench
