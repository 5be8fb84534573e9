#include "bench/report/outputs.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bench/echo/child.hpp"
#include "tests/bench/made_up.hpp"

using namespace std::chrono_literals;

namespace {

/// A folder of its own for files, empty at first.
class folder {
  public:
    folder() : path_("/tmp/lariat-outputs-" + std::to_string(getpid())) {
        std::filesystem::create_directory(path_);
    }
    ~folder() { std::filesystem::remove_all(path_); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;

    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

bench::recording one_row() {
    return {made_up::place(), {made_up::compared_row("nop", "lariat", 150)}};
}

/// Returns: what is said; empty where all went well.
template <class Attempt>
std::string complaint_of(Attempt what) {
    try {
        what();
    } catch (const std::runtime_error& why) {
        return why.what();
    }
    return "";
}

/// Returns: what `lariat-bench` says on stdout.
std::string said_by_program(const std::vector<std::string>& arguments) {
    return bench::child(LARIAT_BENCH, arguments, -1).output(60s);
}

}  // namespace

TEST_CASE("each file that is asked for is written, in place of what it held") {
    const folder here;
    std::ofstream(here / "a.json") << std::string(100'000, 'x');
    bench::output_files files({here / "a.json", here / "a.csv", here / "a.html"});

    files.write(one_row(), nullptr);

    CHECK(bench::read_file(here / "a.json") == bench::to_json(one_row()));
    CHECK(bench::read_file(here / "a.csv") == bench::to_csv(one_row()));
    CHECK(bench::read_file(here / "a.html").ends_with("</html>\n"));
}

TEST_CASE("until something is written, a file keeps what it holds") {
    const folder here;
    std::ofstream(here / "a.json") << "older";

    {
        const bench::output_files opened({here / "a.json", "", ""});
    }

    CHECK(bench::read_file(here / "a.json") == "older");
}

TEST_CASE("every file that cannot be opened is named, before there is anything to write") {
    const folder here;
    const std::string nowhere = here / "no/a.json";

    const std::string said = complaint_of(
        [&] { const bench::output_files files({nowhere, here / "a.csv", here / ""}); });

    CHECK(said == nowhere + ": No such file or directory; " + (here / "") + ": Is a directory");
}

TEST_CASE("a file that cannot be written is named, and the others are written") {
    const folder here;
    bench::output_files files({"/dev/full", here / "a.csv", "/dev/full"});

    const std::string said = complaint_of([&] { files.write(one_row(), nullptr); });

    CHECK(said == "/dev/full: No space left on device; /dev/full: No space left on device");
    CHECK(bench::read_file(here / "a.csv") == bench::to_csv(one_row()));
}

TEST_CASE("what is no regular file is written, too") {
    bench::output_file nowhere("/dev/null");

    CHECK_NOTHROW(nowhere.write("text"));
}

TEST_CASE("nothing is measured for a file that cannot be written") {
    const folder here;

    CHECK(said_by_program({"nop", "--smoke", "--json", here / "no/a.json"}).empty());
    CHECK(said_by_program({"nop", "--smoke", "--compare", here / "a.json"}).empty());
}

TEST_CASE("a small run ends with how many were measured") {
    const folder here;

    const std::string said =
        said_by_program({"nop", "depth=1", "--smoke", "--json", here / "a.json"});

    CHECK(said.ends_with("\n1 of 1 measured\n"));
    CHECK(bench::read_recording(here / "a.json").rows.size() >= 2);
}

TEST_CASE("what was read from a file is told like what was measured, and written") {
    const folder here;
    std::ofstream(here / "a.json") << bench::to_json(
        {made_up::place(),
         {made_up::row_around("nop", "raw", 50), made_up::row_around("nop", "lariat", 100)}});

    const std::string said = said_by_program(
        {"--from", here / "a.json", "--csv", here / "a.csv", "--compare", here / "a.json"});

    CHECK(said.find("nop [ns/item]\n  raw ") != said.npos);
    CHECK(said.find("where Lariat does not lead: 1, of 1 group that could be judged\n") !=
          said.npos);
    CHECK(said.find("\n2 unchanged\n") != said.npos);
    CHECK(bench::read_file(here / "a.csv").starts_with("workload,"));
}
