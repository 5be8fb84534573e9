#include "aio/copy_words.hpp"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "aio/op/file.hpp"
#include "aio/op/socket.hpp"

namespace io = lariat;

namespace {

struct whole {
    std::uint32_t small;
    io::wide_bool yes;
    const void* where;
    std::uint64_t large;
};

struct with_gap {
    std::uint32_t small;
    bool yes;
};

struct odd {
    std::uint16_t numbers[5];
};

}  // namespace

TEST_CASE("what moves the most bytes is described by words without a gap") {
    CHECK(io::copied_by_words<io::read>);
    CHECK(io::copied_by_words<io::write>);
    CHECK(io::copied_by_words<io::receive>);
    CHECK(io::copied_by_words<io::send>);
    CHECK(!io::copied_by_words<with_gap>);
}

TEST_CASE("a copy by words has all members, whatever their size") {
    union {
        whole copy;
    };

    io::copy_words(copy, whole{.small = 0x89abcdef, .yes = true, .where = &copy, .large = ~0ULL});

    CHECK(copy.small == 0x89abcdef);
    CHECK(copy.yes);
    CHECK(copy.where == &copy);
    CHECK(copy.large == ~0ULL);
}

TEST_CASE("what has a gap, no whole number of words, or a constructor is copied all the same") {
    union {
        with_gap gap;
    };
    io::copy_words(gap, with_gap{.small = 5, .yes = true});
    CHECK(gap.small == 5);
    CHECK(gap.yes);

    union {
        odd numbers;
    };
    io::copy_words(numbers, odd{{1, 2, 3, 4, 5}});
    CHECK(numbers.numbers[0] == 1);
    CHECK(numbers.numbers[4] == 5);

    struct holder {
        holder() {}
        ~holder() { text.~basic_string(); }
        union {
            std::string text;
        };
    } held;
    io::copy_words(held.text, std::string("longer than what fits in itself, by far"));
    CHECK(held.text == "longer than what fits in itself, by far");
}
