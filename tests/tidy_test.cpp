#include <ostream>

#include <doctest/doctest.h>

#include "tests/tidy/rules.hpp"

namespace {

const tidy::tree& ours() {
    static const auto read = tidy::read_tree(LARIAT_SOURCE_ROOT);
    return read;
}

void expect_none(const tidy::complaints& found) {
    for (const auto& complaint : found) FAIL_CHECK(complaint);
}

void expect_none(tidy::complaints (*rule)(const tidy::source&)) {
    for (const auto& file : ours().sources) expect_none(rule(file));
}

}  // namespace

TEST_CASE("the tree was found and read") {
    REQUIRE(ours().order.size() > 3);
    REQUIRE(ours().sources.size() > ours().order.size());
}

TEST_CASE("no file includes what stands above its own layer") {
    expect_none(tidy::arrows_that_point_up(ours()));
}

TEST_CASE("the build files and the disk agree on which files there are") {
    expect_none(tidy::files_and_lists_that_differ(ours()));
}

TEST_CASE("liburing is included by the ring and the operations only, and by no public header") {
    expect_none(tidy::liburing_out_of_place(ours()));
}

TEST_CASE("OpenSSL is included by TLS only, and by no public header") {
    expect_none(tidy::openssl_out_of_place(ours()));
}

TEST_CASE("public headers include no private ones") {
    expect_none(tidy::private_headers_in_public_ones(ours()));
}

TEST_CASE("the contract does not know the ring") {
    expect_none(tidy::contract_that_reaches_the_ring(ours()));
}

TEST_CASE("the top level holds what the map says and nothing else") {
    expect_none(tidy::unexpected_entries(ours()));
}

TEST_CASE("files and lines are short") { expect_none(tidy::lines_too_many_or_too_long); }

TEST_CASE("functions are short") { expect_none(tidy::functions_too_long); }

TEST_CASE("a header starts with its guard and a source with its header") {
    expect_none(tidy::first_lines_that_differ);
}

TEST_CASE("no work is left unfinished") { expect_none(tidy::unfinished_work); }
