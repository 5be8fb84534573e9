#include "aio/buffer.hpp"

#include <sys/uio.h>

#include <array>
#include <cstring>
#include <list>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using lariat::buffer_view;
using lariat::const_buffer_view;

namespace {

// What an operation looks like: an aggregate that a description is made of.
struct fill {
    int from = -1;
    buffer_view buffer;
    int flags = 0;
};

struct drain {
    const_buffer_view buffer;
};

static_assert(std::is_aggregate_v<fill> && std::is_trivially_destructible_v<fill>);
static_assert(std::is_aggregate_v<drain> && std::is_trivially_destructible_v<drain>);

template <class T>
constexpr bool can_be_filled = std::is_convertible_v<T, buffer_view>;
template <class T>
constexpr bool can_be_read = std::is_convertible_v<T, const_buffer_view>;

struct sample {
    int number;
    double value;
};

// What can be written to can be filled; all of it can be read, too.
static_assert(can_be_filled<std::byte (&)[4]> && can_be_read<std::byte (&)[4]>);
static_assert(can_be_filled<char (&)[4]> && can_be_read<char (&)[4]>);
static_assert(can_be_filled<std::array<char, 4>&> && can_be_read<std::array<char, 4>&>);
static_assert(can_be_filled<std::vector<sample>&> && can_be_read<std::vector<sample>&>);
static_assert(can_be_filled<std::string&> && can_be_read<std::string&>);
static_assert(can_be_filled<std::span<std::byte>> && can_be_read<std::span<std::byte>>);
static_assert(can_be_filled<std::span<std::byte, 4>> && can_be_read<std::span<std::byte, 4>>);
static_assert(can_be_filled<buffer_view> && can_be_read<buffer_view>);

// What is read-only can only be read.
static_assert(!can_be_filled<const char (&)[4]> && can_be_read<const char (&)[4]>);
static_assert(!can_be_filled<const std::string&> && can_be_read<const std::string&>);
static_assert(!can_be_filled<const std::vector<int>&> && can_be_read<const std::vector<int>&>);
static_assert(!can_be_filled<std::span<const std::byte>>);
static_assert(can_be_read<std::span<const std::byte>>);
static_assert(!can_be_filled<std::string_view> && can_be_read<std::string_view>);
static_assert(!can_be_filled<const_buffer_view> && can_be_read<const_buffer_view>);

// The memory of a temporary is gone before the kernel comes to it.
static_assert(!can_be_filled<std::string> && !can_be_read<std::string>);
static_assert(!can_be_filled<std::vector<char>> && !can_be_read<std::vector<char>>);
static_assert(!can_be_filled<std::array<char, 4>> && !can_be_read<std::array<char, 4>>);
static_assert(!can_be_read<const std::string>);

// The bytes of a pointer or of a view are not what it points to.
static_assert(!can_be_read<std::vector<char*>&> && !can_be_read<std::string_view (&)[2]>);
static_assert(!can_be_read<std::vector<std::span<std::byte>>&>);
static_assert(!can_be_read<std::array<buffer_view, 2>&> && !can_be_filled<iovec (&)[2]>);
static_assert(!can_be_read<std::vector<std::string>&> && !can_be_read<std::list<char>&>);
static_assert(!can_be_filled<volatile char (&)[4]>);

// Without a size there is no buffer.
static_assert(!can_be_filled<char*> && !can_be_read<const char*> && !can_be_read<int>);

std::string text_of(const_buffer_view view) {
    return {reinterpret_cast<const char*>(view.data()), view.size()};
}

}  // namespace

TEST_CASE("a buffer nobody gave is empty") {
    const fill description{};

    CHECK(description.buffer.empty());
    CHECK(description.buffer.size() == 0);
    CHECK(description.buffer.data() == nullptr);
    CHECK(const_buffer_view().empty());
}

TEST_CASE("a buffer to fill is made from each kind of memory, as a designated initialiser") {
    std::byte bytes[3];
    std::array<char, 4> letters;
    std::vector<std::uint32_t> numbers(5);
    std::string text(6, ' ');

    CHECK(fill{.buffer = bytes}.buffer.size() == 3);
    CHECK(fill{.buffer = letters}.buffer.size() == 4);
    CHECK(fill{.buffer = numbers}.buffer.size() == 20);
    CHECK(fill{.buffer = text, .flags = 1}.buffer.size() == 6);
    CHECK(fill{.buffer = std::span(bytes).first(2)}.buffer.size() == 2);
    CHECK(fill{.buffer = {bytes, 1}}.buffer.size() == 1);
    CHECK(static_cast<void*>(fill{.buffer = text}.buffer.data()) == text.data());
}

TEST_CASE("a buffer to read is made from what is read-only") {
    const std::string text = "some text";
    const std::vector<char> letters = {'a', 'b'};

    CHECK(text_of(drain{.buffer = text}.buffer) == text);
    CHECK(text_of(drain{.buffer = letters}.buffer) == "ab");
    CHECK(text_of(drain{.buffer = std::string_view(text).substr(5)}.buffer) == "text");
    CHECK(text_of(drain{.buffer = std::as_bytes(std::span(text))}.buffer) == text);
    CHECK(text_of(drain{.buffer = {text.data(), 4}}.buffer) == "some");
}

TEST_CASE("a string literal is read without the zero that ends it") {
    CHECK(text_of("hello") == "hello");
    CHECK(text_of("") == "");
    CHECK(text_of(std::string_view("with\0zero", 9)) == std::string("with\0zero", 9));
    CHECK(text_of("with\0zero") == std::string("with\0zero", 9));
    CHECK(const_buffer_view(u8"five!").size() == 5);
    CHECK(const_buffer_view(u"five!").size() == 10);
}

TEST_CASE("an array of characters that is no literal is read whole") {
    char line[8] = "hi";
    const char letters[2] = {'a', 'b'};

    CHECK(const_buffer_view(line).size() == 8);
    CHECK(const_buffer_view(letters).size() == 2);
}

TEST_CASE("a view is taken apart into its first bytes and the rest") {
    std::string text = "abcdef";
    const buffer_view view = text;

    CHECK(text_of(view.first(2)) == "ab");
    CHECK(text_of(view.drop_first(2)) == "cdef");
    CHECK(view.first(0).empty());
    CHECK(view.drop_first(6).empty());
    CHECK(text_of(const_buffer_view(text).first(4).drop_first(1)) == "bcd");
}

TEST_CASE("a view turns into a span") {
    std::string text = "abc";
    const buffer_view view = text;

    const std::span<std::byte> writable = view;
    const std::span<const std::byte> readable = const_buffer_view(view);

    writable[0] = std::byte('x');
    CHECK(text == "xbc");
    CHECK(readable.size() == 3);
    CHECK(std::span(view).size() == 3);
}

TEST_CASE("an array of views is what the kernel takes as an array of iovec") {
    std::string one = "abc";
    std::string other = "de";
    const std::array<buffer_view, 2> views = {one, other};

    iovec vectors[2];
    static_assert(sizeof vectors == sizeof views && sizeof(const_buffer_view) == sizeof(iovec));
    std::memcpy(vectors, views.data(), sizeof vectors);

    CHECK(vectors[0].iov_base == one.data());
    CHECK(vectors[0].iov_len == 3);
    CHECK(vectors[1].iov_base == other.data());
    CHECK(vectors[1].iov_len == 2);
}

TEST_CASE("a buffer longer than the kernel moves at once is offered up to that length") {
    char byte;
    const buffer_view huge(&byte, std::size_t(1) << 33);

    CHECK(huge.size() == std::size_t(1) << 33);
    CHECK(huge.transfer_size() == lariat::longest_transfer);
    CHECK(const_buffer_view(huge).transfer_size() == 0x7ffff000);
    CHECK(huge.first(5).transfer_size() == 5);
}
