#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidy {

/// Returns: where `word` stands in the text as a whole word; npos when it does not.
std::size_t find_word(std::string_view text, std::string_view word);

/// One `#include`. `path` is without its quotes or angles.
struct include {
    std::string path;
    std::size_t line;
    bool angled;
};

std::vector<include> includes(std::string_view text);

/// Returns: the text with comments, literals and preprocessor lines turned into blanks, line by
/// line, so that braces can be counted in what is left.
std::string code_only(std::string_view text);

struct function {
    std::size_t first_line;
    std::size_t lines;
    std::string head;
};

/// Returns: what has a body in braces at namespace or class level and is neither a type nor a
/// namespace nor an initializer. Lambdas and local types count as part of the function around them.
std::vector<function> functions(std::string_view text);

}  // namespace tidy
