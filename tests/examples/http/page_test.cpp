#include "tests/examples/http/page.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "aio/testing/manual_clock.hpp"
#include "runtime/scheduler.hpp"
#include "tests/aio/op/scratch.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// A folder with a file in it, and one beside it.
struct tree {
    scratch place;
    std::filesystem::path folder = place.path() / "folder";
    io::descriptor opened;

    tree() {
        std::filesystem::create_directory(folder);
        made(folder / "page.html", "inside");
        made(place.path() / "secret", "outside");
        opened = io::descriptor::adopt(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
};

struct looked_up {
    std::error_code error;
    http::shared_page page;
};

looked_up look_up(io::scheduler& loop, http::site& pages, std::string path) {
    const auto got = loop.run(pages.look_up(std::move(path)));
    return {got.error(), got ? *got : nullptr};
}

}  // namespace

TEST_CASE("a short file is a page with a type, kept for a moment and then looked at again") {
    const tree files;
    io::testing::manual_clock time;
    io::scheduler loop({.time = &time});
    http::site pages(files.opened);
    REQUIRE(pages.known("/page.html", time.now()) == nullptr);

    const auto first = look_up(loop, pages, "/page.html");
    made(files.folder / "page.html", "changed");
    const auto* kept = pages.known("/page.html", time.now());

    REQUIRE(first.page);
    CHECK(first.page->head ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n");
    CHECK(first.page->body == "inside");
    REQUIRE(kept);
    CHECK(*kept == first.page);
    time.advance(2s);
    CHECK(pages.known("/page.html", time.now()) == nullptr);
    CHECK(look_up(loop, pages, "/page.html").page->body == "changed");
    CHECK((*pages.known("/page.html", time.now()))->body == "changed");
}

TEST_CASE("a long file is a page that is read while it is sent, and is not kept") {
    const tree files;
    io::testing::manual_clock time;
    io::scheduler loop({.time = &time});
    http::site pages(files.opened);
    std::filesystem::resize_file(files.folder / "page.html", 1024 * 1024);

    const auto got = look_up(loop, pages, "/page.html");

    REQUIRE(got.page);
    CHECK(got.page->size == 1024 * 1024);
    CHECK(got.page->file);
    CHECK(got.page->body.empty());
    CHECK(pages.known("/page.html", time.now()) == nullptr);
}

TEST_CASE("no path leads out of the folder") {
    const tree files;
    io::scheduler loop;
    http::site pages(files.opened);
    REQUIRE(::symlink("../secret", (files.folder / "link").c_str()) == 0);
    REQUIRE(::symlink("page.html", (files.folder / "good").c_str()) == 0);
    const auto secret = (files.place.path() / "secret").native();

    for (const std::string& path :
         {std::string("/../secret"), std::string("/folder/../../secret"), std::string("/link"),
          secret, "//" + secret, std::string("/./../secret"),
          "/.." + files.folder.native() + "/page.html"}) {
        INFO(path);
        CHECK(look_up(loop, pages, path).error);
    }
    CHECK(look_up(loop, pages, "/good").page->body == "inside");
    CHECK(look_up(loop, pages, "/./page.html").page->body == "inside");
}

TEST_CASE("what is no file is no page, and nobody waits for it") {
    const tree files;
    io::scheduler loop;
    http::site pages(files.opened);
    http::site nothing({});
    REQUIRE(::mkfifo((files.folder / "pipe").c_str(), 0600) == 0);
    std::filesystem::create_directory(files.folder / "below");
    const std::errc missing = std::errc::no_such_file_or_directory;

    CHECK(look_up(loop, pages, "/below").error == missing);
    CHECK(look_up(loop, pages, "/pipe").error == missing);
    CHECK(look_up(loop, pages, "/none").error == missing);
    CHECK(look_up(loop, pages, "//").error == missing);
    CHECK(look_up(loop, pages, "/page.html/").error == std::errc::not_a_directory);
    CHECK(look_up(loop, nothing, "/page.html").error == missing);
}

TEST_CASE("pages are forgotten before they fill the memory") {
    const tree files;
    io::testing::manual_clock time;
    io::scheduler loop({.time = &time});
    http::site pages(files.opened);
    const std::string large(256 * 1024, 'x');

    for (int i = 0; i < 100; ++i) {
        const auto name = std::to_string(i);
        made(files.folder / name, large);
        look_up(loop, pages, "/" + name);
    }
    int known = 0;
    for (int i = 0; i < 100; ++i)
        known += pages.known("/" + std::to_string(i), time.now()) != nullptr;

    CHECK(known > 0);
    CHECK(known <= 64);
}
