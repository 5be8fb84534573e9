#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/available.hpp"

namespace {

namespace fs = std::filesystem;

using lines = std::vector<std::string>;

std::string contents(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

lines split(const std::string& text) {
    lines all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
}

const fs::path root = LARIAT_SOURCE_ROOT;

const std::string& readme() {
    static const std::string text = contents(root / "README.md");
    return text;
}

struct code_block {
    std::size_t line;
    std::string language;
    lines content;
};

std::vector<code_block> code_blocks(const std::string& text) {
    std::vector<code_block> found;
    bool inside = false;
    std::size_t number = 0;
    for (const std::string& line : split(text)) {
        ++number;
        if (line.starts_with("```")) {
            inside = !inside;
            if (inside) found.push_back({number, line.substr(3), {}});
        } else if (inside) {
            found.back().content.push_back(line);
        }
    }
    return found;
}

bool contains(const lines& whole, const lines& part) {
    return std::search(whole.begin(), whole.end(), part.begin(), part.end()) != whole.end();
}

std::vector<lines> examples() {
    std::vector<lines> all;
    for (const auto& entry : fs::recursive_directory_iterator(root / "tests" / "examples")) {
        if (entry.is_regular_file()) all.push_back(split(contents(entry.path())));
    }
    return all;
}

lines headings() {
    lines found;
    for (const std::string& line : split(readme()))
        if (line.starts_with("## ")) found.push_back(line.substr(3));
    return found;
}

/// The beginning of a refusal that depends on no machine.
std::string fixed_part(std::string sentence) {
    constexpr std::string_view opening = "io_uring: ";
    REQUIRE(sentence.starts_with(opening));
    sentence.erase(0, opening.size());
    return sentence.substr(0, std::min(sentence.find_first_of(":=("), sentence.size()));
}

}  // namespace

TEST_CASE("the README has its sections, in their order") {
    const lines expected{
        "Try it",
        "An echo server",
        "Use it in your project",
        "Recipes",
        "Streams and transports",
        "Messages",
        "All of io_uring",
        "Errors",
        "Cancel, deadlines, shutdown",
        "Threads",
        "Write a provider",
        "Measure",
        "When it does not start",
        "When it hangs",
        "Coroutine traps",
        "Kernel features",
        "The map",
    };

    CHECK(headings() == expected);
}

TEST_CASE("each of the README's commands stands once, on a line of its own") {
    const std::string setup = "bash .ci/install && meson setup build && ";
    const lines all = split(readme());

    for (const char* rest : {"meson compile -C build lariat-bench && "
                             "build/bench/lariat-bench --smoke",
                             "meson test -C build --print-errorlogs"})
        CHECK(std::count(all.begin(), all.end(), setup + rest) == 1);
}

TEST_CASE("all C++ in the README stands in an example, word for word") {
    const auto programs = examples();
    std::size_t seen = 0;

    for (const code_block& block : code_blocks(readme())) {
        if (block.language != "cpp") continue;
        ++seen;
        INFO("README.md:" << block.line);
        CHECK(std::any_of(programs.begin(), programs.end(),
                          [&](const lines& program) { return contains(program, block.content); }));
    }

    CHECK(seen > 10);
}

TEST_CASE("every code block in the README says what it is written in") {
    for (const code_block& block : code_blocks(readme())) {
        INFO("README.md:" << block.line);
        CHECK(!block.language.empty());
    }
}

TEST_CASE("what the README links to exists") {
    for (std::size_t at = readme().find("]("); at != readme().npos; at = readme().find("](", at)) {
        at += 2;
        const std::string target = readme().substr(at, readme().find(')', at) - at);
        INFO(target);
        CHECK((target.starts_with("https://") || fs::exists(root / target)));
    }
}

TEST_CASE("the README explains every reason why a ring is refused") {
    for (const int number : {ENOSYS, EPERM, ENOMEM, EMFILE, ENFILE, EINVAL, EIO}) {
        const auto reason = fixed_part(lariat::explain_refusal({number, std::generic_category()}));
        INFO(reason);
        CHECK(readme().find(reason) != readme().npos);
    }
}
