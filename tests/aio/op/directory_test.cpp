#include "aio/op/directory.hpp"

#include <stdio.h>

#include <filesystem>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/aio/op/scratch.hpp"

namespace io = lariat;
namespace fs = std::filesystem;

namespace {

const std::string one = "one";
const std::string two = "two";

}  // namespace

TEST_CASE("rename and hard_link: the entries have both paths, both directories and the flags") {
    const auto renamed = prepared(io::rename{
        .from = one, .to = two, .flags = RENAME_NOREPLACE, .from_directory = 5, .to_directory = 6});
    const auto linked = prepared(io::hard_link{.from = one,
                                               .to = two,
                                               .flags = AT_SYMLINK_FOLLOW,
                                               .from_directory = 5,
                                               .to_directory = 6});

    CHECK(renamed.opcode == IORING_OP_RENAMEAT);
    CHECK(renamed.rename_flags == RENAME_NOREPLACE);
    CHECK(linked.opcode == IORING_OP_LINKAT);
    CHECK(linked.hardlink_flags == AT_SYMLINK_FOLLOW);
    for (const auto& entry : {renamed, linked}) {
        CHECK((entry.fd == 5 && entry.len == 6));
        CHECK((entry.addr == address_of(one.c_str()) && entry.addr2 == address_of(two.c_str())));
        CHECK(is_clean(entry));
    }
}

TEST_CASE("unlink, make_directory and symbolic_link: the entries have path, directory and mode") {
    const auto gone = prepared(io::unlink{.path = one, .flags = AT_REMOVEDIR, .directory = 5});
    const auto made_one = prepared(io::make_directory{.path = one, .mode = 0750, .directory = 5});
    const auto link = prepared(io::symbolic_link{.target = one, .path = two, .directory = 5});

    CHECK((gone.opcode == IORING_OP_UNLINKAT && gone.unlink_flags == AT_REMOVEDIR));
    CHECK((made_one.opcode == IORING_OP_MKDIRAT && made_one.len == 0750));
    CHECK((link.opcode == IORING_OP_SYMLINKAT && link.addr2 == address_of(two.c_str())));
    for (const auto& entry : {gone, made_one, link}) {
        CHECK((entry.fd == 5 && entry.addr == address_of(one.c_str())));
        CHECK(is_clean(entry));
    }
}

TEST_CASE("names are made, changed and taken away") {
    const scratch place;
    const fs::path original = place.file();
    made(original, "text");
    const fs::path room = place.path() / "room";
    const fs::path moved = room / "moved";
    const fs::path again = room / "again";
    const fs::path soft = room / "soft";

    REQUIRE(answer(io::make_directory{.path = room}));
    REQUIRE(answer(io::rename{.from = original, .to = moved}));
    REQUIRE(answer(io::hard_link{.from = moved, .to = again}));
    REQUIRE(answer(io::symbolic_link{.target = one, .path = soft}));

    CHECK(!fs::exists(original));
    CHECK(fs::hard_link_count(moved) == 2);
    CHECK(fs::read_symlink(soft) == one);

    for (const auto* name : {&moved, &again, &soft}) CHECK(answer(io::unlink{.path = *name}));
    CHECK(answer(io::unlink{.path = room, .flags = AT_REMOVEDIR}));
    CHECK(!fs::exists(room));
}

TEST_CASE("names that are there, or are not, are the kernel's errors") {
    const scratch place;
    const fs::path original = place.file();
    made(original, "text");
    const fs::path other = place.path() / "other";
    made(other, "text");
    const fs::path missing = place.path() / "missing";

    CHECK(answer(io::rename{.from = missing, .to = other}).error() ==
          std::errc::no_such_file_or_directory);
    CHECK(answer(io::rename{.from = original, .to = other, .flags = RENAME_NOREPLACE}).error() ==
          std::errc::file_exists);
    CHECK(answer(io::unlink{.path = place.path()}).error() == std::errc::is_a_directory);
    CHECK(answer(io::make_directory{.path = other}).error() == std::errc::file_exists);
    CHECK(answer(io::hard_link{.from = missing, .to = other}).error() ==
          std::errc::no_such_file_or_directory);
    CHECK(answer(io::symbolic_link{.target = one, .path = other}).error() ==
          std::errc::file_exists);
    const std::string long_name(5000, 'x');
    CHECK(answer(io::unlink{.path = long_name}).error() == std::errc::filename_too_long);
}
