#include "tests/tidy/rules.hpp"

#include <ostream>

#include <doctest/doctest.h>

#include "tests/tidy/text.hpp"

namespace {

tidy::tree two_layers() {
    tidy::tree made;
    made.order = {"runtime/low.hpp", "runtime/high.hpp", "aio/top.hpp"};
    for (const auto& path : made.order) made.sources.push_back({path, "#pragma once\n"});
    return made;
}

void append(tidy::tree& to, std::string_view path, std::string_view text) {
    for (auto& file : to.sources) {
        if (file.path == path) file.text += text;
    }
}

std::string repeated(std::string_view line, std::size_t times) {
    std::string text;
    while (times-- > 0) text += line;
    return text;
}

}  // namespace

TEST_CASE("an include that points down is accepted, also across layers") {
    auto tree = two_layers();
    append(tree, "runtime/high.hpp", "#include \"runtime/low.hpp\"\n#include <vector>\n");
    append(tree, "aio/top.hpp", "#include \"runtime/high.hpp\"\n");

    CHECK(tidy::arrows_that_point_up(tree).empty());
}

TEST_CASE("an include that points up is found") {
    auto tree = two_layers();
    append(tree, "runtime/low.hpp", "#include \"runtime/high.hpp\"\n");

    CHECK(tidy::arrows_that_point_up(tree).size() == 1);
}

TEST_CASE("runtime including aio is found, in angles too") {
    auto tree = two_layers();
    append(tree, "runtime/high.hpp", "#include <aio/top.hpp>\n");

    CHECK(tidy::arrows_that_point_up(tree).size() == 1);
}

TEST_CASE("an include that is not by its path in the tree is found") {
    auto tree = two_layers();
    append(tree, "runtime/high.hpp", "#include \"low.hpp\"\n");

    CHECK(tidy::arrows_that_point_up(tree).size() == 1);
}

TEST_CASE("a file that no list names is found, and a name that is no file") {
    auto tree = two_layers();
    CHECK(tidy::files_and_lists_that_differ(tree).empty());
    tree.sources.push_back({"runtime/stray.cpp", ""});
    tree.sources.push_back({"tests/runtime/never_run_test.cpp", ""});
    tree.order.push_back("aio/gone.hpp");

    CHECK(tidy::files_and_lists_that_differ(tree).size() == 3);
}

TEST_CASE("liburing in a wrong place or a public header is found") {
    auto tree = two_layers();
    const std::string text = "#include <liburing.h>\n";
    tree.sources.push_back({"runtime/ring.cpp", text});
    tree.sources.push_back({"runtime/kernel_abi.hpp", text});
    tree.sources.push_back({"aio/op/read.cpp", text});
    tree.hidden = {"runtime/kernel_abi.hpp"};
    CHECK(tidy::liburing_out_of_place(tree).empty());

    tree.sources.push_back({"aio/op/write.hpp", text});
    tree.sources.push_back({"runtime/ring.hpp", "#include <liburing/io_uring.h>\n"});
    tree.sources.push_back({"runtime/timer.cpp", "#include <linux/io_uring.h>\n"});
    CHECK(tidy::liburing_out_of_place(tree).size() == 3);
}

TEST_CASE("OpenSSL outside of TLS or in a public header is found") {
    auto tree = two_layers();
    const std::string text = "#include <openssl/ssl.h>\n";
    tree.sources.push_back({"aio/transport/tls_bio.cpp", text});
    tree.sources.push_back({"aio/transport/tls_openssl.hpp", text});
    tree.sources.push_back({"tests/aio/transport/tls_test.cpp", text});
    tree.hidden = {"aio/transport/tls_openssl.hpp"};
    CHECK(tidy::openssl_out_of_place(tree).empty());

    tree.sources.push_back({"aio/transport/tls.hpp", text});
    tree.sources.push_back({"aio/transport/tcp.cpp", text});
    CHECK(tidy::openssl_out_of_place(tree).size() == 2);
}

TEST_CASE("a private header in a public one is found") {
    auto tree = two_layers();
    tree.hidden = {"runtime/low.hpp"};
    CHECK(tidy::private_headers_in_public_ones(tree).empty());
    append(tree, "aio/top.hpp", "#include \"runtime/low.hpp\"\n");

    CHECK(tidy::private_headers_in_public_ones(tree).size() == 1);
}

TEST_CASE("a contract that reaches the ring through another header is found") {
    tidy::tree tree;
    tree.sources.push_back({"runtime/home.hpp", "#include <vector>\n"});
    tree.sources.push_back({"aio/aio.hpp", "#include \"runtime/home.hpp\"\n"});
    CHECK(tidy::contract_that_reaches_the_ring(tree).empty());
    append(tree, "runtime/home.hpp", "#include \"runtime/ring.hpp\"\n");

    CHECK(tidy::contract_that_reaches_the_ring(tree).size() == 1);
}

TEST_CASE("a stray entry at the top level is found") {
    tidy::tree tree;
    tree.top = {"runtime", ".ci", "build-2", "README.md"};
    CHECK(tidy::unexpected_entries(tree).empty());
    tree.top.push_back("docs");

    CHECK(tidy::unexpected_entries(tree).size() == 1);
}

TEST_CASE("a file, a line and a function that are too long are found") {
    const tidy::source lines{"a.cpp", repeated("int a;\n", tidy::most_lines + 1)};
    const tidy::source wide{"b.cpp", std::string(tidy::most_columns + 1, 'x') + "\n"};
    const auto body = repeated("    step();\n", tidy::most_function_lines);
    const tidy::source tall{"c.cpp", "namespace n {\nvoid f() {\n" + body + "}\n}\n"};

    CHECK(tidy::lines_too_many_or_too_long(lines).size() == 1);
    CHECK(tidy::lines_too_many_or_too_long(wide).size() == 1);
    CHECK(tidy::functions_too_long(tall).size() == 1);
}

TEST_CASE("a long class of short functions is not a long function") {
    const auto members = repeated("    int one() { return {1}; }\n", 60);
    const tidy::source nested{"a.hpp", "template <class T, class U>\nclass wide {\n" + members +
                                           "    struct inner {\n" + members + "    };\n};\n"};

    CHECK(tidy::functions(nested.text).size() == 120);
    CHECK(tidy::functions_too_long(nested).empty());
}

TEST_CASE("braces in comments, literals and macros are not counted") {
    const std::string text =
        "#define OPEN {\\\n    {\n"
        "const char* a = \"{\"; // {\n"
        "const char* b = R\"x({\"{)x\"; /* { */\n"
        "const char c = '{'; const int d = 1'000;\n"
        "int f() {\n    return 2;\n}\n";

    const auto found = tidy::functions(text);

    REQUIRE(found.size() == 1);
    CHECK(found[0].first_line == 6);
    CHECK(found[0].lines == 3);
}

TEST_CASE("a lambda belongs to the function around it and a table is none") {
    const std::string text =
        "int table[] = {\n1,\n2,\n};\n"
        "void f() {\n    auto g = [] {\n        if (a) { b(); }\n    };\n}\n";

    const auto found = tidy::functions(text);

    REQUIRE(found.size() == 1);
    CHECK(found[0].lines == 5);
}

TEST_CASE("a constructor is one function, from its name to the end of its body") {
    const std::string text =
        "class pair {\n  public:\n    // Why.\n"
        "    pair(int a)\n        : first_{a},\n          second_{a} {\n        step();\n    }\n"
        "    int first_;\n};\n";

    const auto found = tidy::functions(text);

    REQUIRE(found.size() == 1);
    CHECK(found[0].first_line == 4);
    CHECK(found[0].lines == 5);
}

TEST_CASE("a header without a guard and a source that does not start with its header are found") {
    CHECK(tidy::first_lines_that_differ({"a.hpp", "#pragma once\n"}).empty());
    CHECK(tidy::first_lines_that_differ({"a.hpp", "// A banner\n#pragma once\n"}).size() == 1);
    CHECK(tidy::first_lines_that_differ({"tests/precompiled/a.hpp", "#include <b>\n"}).empty());
    CHECK(tidy::first_lines_that_differ({"a.cpp", "#include \"a.hpp\"\n"}).empty());
    CHECK(tidy::first_lines_that_differ({"a.cpp", "#include <b>\n#include \"a.hpp\"\n"}).size() ==
          1);
}

TEST_CASE("unfinished work is found, a word that only contains its mark is not") {
    const std::string mark =
        "TO"
        "DO";

    CHECK(tidy::unfinished_work({"a.cpp", "// " + mark + ": later\n"}).size() == 1);
    CHECK(tidy::unfinished_work({"a.cpp", "int " + mark + "S;\n"}).empty());
}

TEST_CASE("a list is read bottom first, its comments left out") {
    const std::string build_file =
        "# 'not.hpp'\nruntime_files = [\n  'a.hpp', 'a.cpp',  # it's 'ours'\n  'b.hpp',\n]\n"
        "runtime_private = [\n]\n";

    CHECK(tidy::listed(build_file, "runtime_files") ==
          std::vector<std::string>{"a.hpp", "a.cpp", "b.hpp"});
    CHECK(tidy::listed(build_file, "runtime_private").empty());
}
