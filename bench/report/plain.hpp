#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

/// Returns: the text with blanks for what a terminal would obey: it may come from a file, or from
/// another program. Letters of other alphabets stay.
std::string printable(std::string_view text);

/// Returns: that, and blanks behind it up to a column. What is longer stays whole.
std::string padded(std::string_view text, std::size_t columns);

}  // namespace bench
