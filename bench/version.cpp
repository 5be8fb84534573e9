#include "bench/version.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>

#include "bench/echo/child.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view digits = "0123456789";

}  // namespace

std::string version_in(std::string_view said) {
    for (std::size_t at = said.find_first_of(digits); at < said.size();) {
        const std::size_t end = std::min(said.find_first_not_of("0123456789.", at), said.size());
        std::string_view number = said.substr(at, end - at);
        while (number.ends_with('.')) number.remove_suffix(1);
        if (number.find('.') != number.npos) return std::string(number);
        at = said.find_first_of(digits, end);
    }
    return "unknown";
}

std::string version_of_program(std::string_view program, const std::string& option) {
    const std::string path = path_of(program);
    if (path.empty()) return "none";
    try {
        // Some say it where errors go.
        child asked("/bin/sh", {"-c", "exec \"$0\" \"$1\" 2>&1", path, option}, -1);
        return version_in(asked.output(5s));
    } catch (const std::exception&) {
        return "unknown";
    }
}

}  // namespace bench
