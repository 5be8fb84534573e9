#include "tests/fuzz/mutator.hpp"

#include <algorithm>
#include <string_view>

namespace fuzz {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t longest = 4096;

// Where formats change their mind.
constexpr std::string_view telling[] = {"\n"sv,      "\r\n"sv, "\0"sv,    "\xff"sv,
                                        "\x7f"sv,    "\x80"sv, "%"sv,     "["sv,
                                        "]:"sv,      "::"sv,   "65535"sv, "\xff\xff\xff\xff"sv,
                                        "\0\0\0\0"sv};

}  // namespace

void mutator::change(std::string& input) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t size = std::min(below(8) + 1, input.size() - at);
    switch (below(7)) {
        case 0:
            if (size > 0) input[at] = static_cast<char>(random_());
            break;
        case 1:
            if (size > 0) input[at] = static_cast<char>(input[at] ^ 1 << below(8));
            break;
        case 2:
            input.insert(at, 1, static_cast<char>(random_()));
            break;
        case 3:
            input.insert(at, telling[below(std::size(telling))]);
            break;
        case 4:
            input.erase(at, size);
            break;
        case 5:
            input.insert(below(input.size() + 1), std::string(input, at, below(32)));
            break;
        default: {
            const std::string& other = corpus_[below(corpus_.size())];
            input.replace(at, input.npos, other, below(other.size() + 1));
        }
    }
    input.resize(std::min(input.size(), longest));
}

std::string mutator::next() {
    std::string input = corpus_[below(corpus_.size())];
    for (std::size_t changes = below(6) + 1; changes > 0; --changes) change(input);
    // One in a hundred goes on from there.
    if (below(100) == 0 && corpus_.size() < 1000) corpus_.push_back(input);
    return input;
}

}  // namespace fuzz
