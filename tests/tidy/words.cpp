#include <algorithm>
#include <sstream>

#include "tests/tidy/rules.hpp"
#include "tests/tidy/text.hpp"

namespace tidy {
namespace {

std::string at(const source& file, std::size_t line) {
    return file.path + ":" + std::to_string(line) + ": ";
}

std::size_t columns(std::string_view line) {
    // The bytes that continue a UTF-8 character take no column of their own.
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

}  // namespace

complaints lines_too_many_or_too_long(const source& file) {
    complaints found;
    std::size_t number = 0;
    std::istringstream lines(file.text);
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (columns(line) <= most_columns) continue;
        found.push_back(at(file, number) + std::to_string(columns(line)) + " columns");
    }
    if (number > most_lines) {
        found.push_back(file.path + ": " + std::to_string(number) + " lines; is it one idea?");
    }
    return found;
}

complaints functions_too_long(const source& file) {
    complaints found;
    for (const auto& one : functions(file.text)) {
        if (one.lines <= most_function_lines) continue;
        found.push_back(at(file, one.first_line) + "a function of " + std::to_string(one.lines) +
                        " lines: " + one.head.substr(0, one.head.find('\n')));
    }
    return found;
}

complaints first_lines_that_differ(const source& file) {
    const auto first = file.text.substr(0, file.text.find('\n'));
    if (file.is_header()) {
        // The compiler is given these by themselves, and warns of a guard there.
        if (file.is_precompiled()) return {};
        if (first == "#pragma once") return {};
        return {at(file, 1) + "a header starts with #pragma once"};
    }
    auto header = file.path;
    header.replace(header.size() - 3, 3, "hpp");
    for (const auto& one : includes(file.text)) {
        if (one.path != header || one.line == 1) continue;
        return {at(file, 1) + "a source starts with its own header"};
    }
    return {};
}

complaints unfinished_work(const source& file) {
    // Spelled apart, or this file would be the first to be found.
    static const char* const marks[] = {
        "TO"
        "DO",
        "FIX"
        "ME",
        "X"
        "XX"};
    complaints found;
    std::size_t number = 0;
    std::istringstream lines(file.text);
    for (std::string line; std::getline(lines, line);) {
        ++number;
        for (const char* mark : marks) {
            if (find_word(line, mark) == line.npos) continue;
            found.push_back(at(file, number) + mark + " left in");
        }
    }
    return found;
}

}  // namespace tidy
