#include "aio/op/attribute.hpp"

#include <sys/xattr.h>

#include <array>
#include <ostream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/aio/op/scratch.hpp"

namespace io = lariat;

namespace {

const std::string comment = "user.comment";
const std::string somewhere = "some/where";

}  // namespace

TEST_CASE("attributes: the entries have name, value, size, and file or path") {
    std::array<char, 10> buffer;
    const auto of_file =
        prepared(io::get_attribute{.file = 5, .attribute = comment, .buffer = buffer});
    const auto of_path =
        prepared(io::get_attribute_at{.path = somewhere, .attribute = comment, .buffer = buffer});
    const auto to_file = prepared(
        io::set_attribute{.file = 5, .attribute = comment, .data = buffer, .flags = XATTR_CREATE});
    const auto to_path = prepared(io::set_attribute_at{
        .path = somewhere, .attribute = comment, .data = buffer, .flags = XATTR_REPLACE});

    CHECK((of_file.opcode == IORING_OP_FGETXATTR && of_file.fd == 5));
    CHECK((to_file.opcode == IORING_OP_FSETXATTR && to_file.fd == 5));
    CHECK((of_path.opcode == IORING_OP_GETXATTR && of_path.addr3 == address_of(somewhere.c_str())));
    CHECK((to_path.opcode == IORING_OP_SETXATTR && to_path.addr3 == address_of(somewhere.c_str())));
    CHECK(to_file.xattr_flags == XATTR_CREATE);
    CHECK(to_path.xattr_flags == XATTR_REPLACE);
    for (const auto& entry : {of_file, of_path, to_file, to_path}) {
        CHECK((entry.addr == address_of(comment.c_str()) && entry.len == 10));
        CHECK(entry.addr2 == address_of(buffer.data()));
        CHECK(is_clean(entry));
    }
}

TEST_CASE("attributes: what is written by descriptor is read by path, and the other way round") {
    const scratch place;
    const auto file = made(place.file());
    std::array<char, 32> buffer{};
    const auto first = answer(io::set_attribute{.file = file, .attribute = comment, .data = "one"});
    if (first.error() == std::errc::not_supported) {
        MESSAGE("skipped: this file system has no extended attributes");
        return;
    }
    const auto path = place.file();
    REQUIRE(first);

    const auto by_path =
        answer(io::get_attribute_at{.path = path, .attribute = comment, .buffer = buffer});
    CHECK(std::string_view(buffer.data(), *by_path) == "one");
    CHECK(answer(io::set_attribute_at{.path = path, .attribute = comment, .data = "three"}));
    const auto by_file =
        answer(io::get_attribute{.file = file, .attribute = comment, .buffer = buffer});
    CHECK(std::string_view(buffer.data(), *by_file) == "three");

    const auto needed = answer(io::get_attribute{.file = file, .attribute = comment, .buffer = {}});
    CHECK(*needed == 5);
    std::array<char, 2> small;
    CHECK(answer(io::get_attribute{.file = file, .attribute = comment, .buffer = small}).error() ==
          std::errc::result_out_of_range);
    CHECK(answer(io::set_attribute{
                     .file = file, .attribute = comment, .data = "x", .flags = XATTR_CREATE})
              .error() == std::errc::file_exists);
    CHECK(answer(io::get_attribute{.file = file, .attribute = "user.none", .buffer = buffer})
              .error() == std::errc::no_message_available);
}
