#include <cstdint>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/stress/races.hpp"

using namespace std::string_literals;

void fuzz_sp_frames(std::span<const std::uint8_t> input);

namespace {

const std::string begin_with[] = {
    "\0\3\0\0\0\0\0\0\0\0\5hello\0\0\0\0\0\0\0\0"s,
    "\1\3\2\1\0\0\0\0\0\0\0\3abc\1\0\0\0\0\0\0\0\x8\x80\0\0\1body"s,
    "\0\1\7\0SP\0\0\x31\0\0\0\0\0\0\0\0\0\x10sixteen bytes!!!"s,
    "\1\0\0\2\0\0\0\0\0\0\0\1x"s,
    "\0\0\1\xff\xff\xff\xff\xff\xff\xff\xffxyz"s,
    "\0\2\5\0\0\0\0\0\0\0\x0c\0\0\0\1\x80\0\0\2data"s,
};

}  // namespace

TEST_CASE("whatever bytes come, the messages are those of a plain parser") {
    auto random = seeded("sp_frames");
    for (int round = 0; round < 20'000; ++round) {
        std::string input = begin_with[random() % std::size(begin_with)];
        if (random() % 2 == 0) input += begin_with[random() % std::size(begin_with)].substr(3);
        for (auto changes = random() % 4; changes > 0; --changes) {
            const std::size_t at = random() % input.size();
            if (random() % 3 == 0)
                input.insert(at, 1, static_cast<char>(random()));
            else if (random() % 2 == 0)
                input[at] = static_cast<char>(random());
            else if (input.size() > 4)
                input.erase(at, 1 + random() % 3);
        }

        fuzz_sp_frames({reinterpret_cast<const std::uint8_t*>(input.data()), input.size()});
    }
}
