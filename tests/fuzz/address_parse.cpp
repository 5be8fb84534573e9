#include <cstdint>
#include <span>
#include <string>

#include "aio/address.hpp"
#include "tests/fuzz/target.hpp"

namespace io = lariat;

/// What is read must be written so that it is read again as the same.
void fuzz_address_parse(std::span<const std::uint8_t> input) {
    const auto where = io::address::parse(fuzz::reader(input).rest());
    if (!where) return;
    const std::string text = io::to_string(*where);
    const auto again = io::address::parse(text);
    fuzz::expect(again.has_value(), "an address is written as what is none");
    fuzz::expect(*again == *where, "an address is written as another one");
    fuzz::expect(io::to_string(*again) == text, "an address is written in two ways");
}
