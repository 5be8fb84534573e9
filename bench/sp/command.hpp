#pragma once

#include <string>
#include <vector>

namespace bench {

/// `sp ROLE SUBJECT URL SIZE MILLISECONDS CPU`: one of two processes that exchange messages. The
/// roles `receive` and `echo` listen, and print where; `receive` and `ask` print `began` and
/// `ended` when that is so, and then what they counted.
int sp_command(const std::vector<std::string>& words);

}  // namespace bench
