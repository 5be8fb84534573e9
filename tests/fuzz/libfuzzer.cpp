#include <cstddef>
#include <cstdint>
#include <span>

// LARIAT_FUZZ_TARGET is the function of a target: see tests/meson.build.
void LARIAT_FUZZ_TARGET(std::span<const std::uint8_t> input);

/// Source: https://llvm.org/docs/LibFuzzer.html
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    LARIAT_FUZZ_TARGET({data, size});
    return 0;
}
