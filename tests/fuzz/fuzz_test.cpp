#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/frame_pool.hpp"
#include "tests/allocations/counted.hpp"
#include "tests/fuzz/mutator.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

// LARIAT_FUZZ_TARGETS is TARGET(name) for each of them: see tests/meson.build.
#define TARGET(name) void fuzz_##name(std::span<const std::uint8_t> input);
LARIAT_FUZZ_TARGETS
#undef TARGET

namespace {

namespace fs = std::filesystem;

struct target {
    const char* name;
    void (*run)(std::span<const std::uint8_t> input);
};

#define TARGET(name) {#name, &fuzz_##name},
constexpr target targets[] = {LARIAT_FUZZ_TARGETS};
#undef TARGET

std::vector<std::string> corpus_of(const target& which) {
    std::vector<std::string> all;
    const fs::path folder = fs::path(LARIAT_SOURCE_ROOT) / "tests/fuzz/corpus" / which.name;
    for (const auto& entry : fs::directory_iterator(folder)) {
        std::ifstream in(entry.path(), std::ios::binary);
        all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return all;
}

/// Each of these inputs is a handshake, which costs as much as a hundred short texts.
std::uint64_t inputs_of(const target& which) {
    return rounds(which.name == std::string_view("tls_records") ? 10'000 : 1'000'000);
}

/// The input as a string literal, to be put into the corpus.
std::string literal(const std::string& input) {
    std::string text;
    for (const char each : input) {
        const char* digits = "0123456789abcdef";
        const auto byte = static_cast<std::uint8_t>(each);
        text.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
    return text;
}

/// Returns: whether nothing was found.
bool survives(const target& which, const std::string& input) {
    INFO(which.name << " of \"" << literal(input) << '"');
    try {
        which.run({reinterpret_cast<const std::uint8_t*>(input.data()), input.size()});
        return true;
    } catch (const std::exception& what) {
        FAIL_CHECK(what.what());
        return false;
    }
}

}  // namespace

TEST_CASE("every target survives its corpus") {
    for (const target& which : targets) {
        const auto corpus = corpus_of(which);

        CAPTURE(std::string(which.name));
        CHECK(!corpus.empty());
        for (const auto& input : corpus) CHECK(survives(which, input));
    }
}

TEST_CASE("every target survives what a mutator makes of its corpus, and leaks nothing") {
    for (const target& which : targets) {
        CAPTURE(std::string(which.name));
        auto seeds = seeded(which.name);
        fuzz::mutator mutate(corpus_of(which), seeds());
        const std::uint64_t inputs = inputs_of(which);
        // What it makes once and keeps.
        REQUIRE(survives(which, {}));

        for (std::uint64_t i = 0; i < inputs; ++i) {
            const std::string input = mutate.next();
            lariat::frame_pool::trim();
            const auto alive = counted::alive();
            REQUIRE(survives(which, input));
            lariat::frame_pool::trim();
            REQUIRE(counted::alive() == alive);
        }
        std::cout << which.name << ": " << inputs << " inputs" << std::endl;
    }
}

TEST_CASE(
    "what a target finds wrong is told with the input, and an allocation too large is found") {
    CHECK_THROWS_AS(fuzz::expect(false, "wrong"), fuzz::found);
    CHECK(literal(std::string("a\0\xff", 3)) == "\\x61\\x00\\xff");
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }

    fuzz::watch_memory();
    std::string(100'000, 'x').swap(*std::make_unique<std::string>());

    CHECK_THROWS_AS(fuzz::expect_memory(99'000), fuzz::found);
    fuzz::expect_memory(100'001);
}
