#include "aio/op/memory.hpp"

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <ostream>
#include <span>

#include <doctest/doctest.h>

#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"

namespace io = lariat;

namespace {

constexpr std::size_t size = 16 * 4096;

}  // namespace

TEST_CASE("advise_memory: the entry has range and advice") {
    std::byte bytes[10];
    const auto entry = prepared(io::advise_memory{.memory = bytes, .advice = MADV_DONTNEED});

    CHECK((entry.opcode == IORING_OP_MADVISE && entry.addr == address_of(bytes)));
    CHECK((entry.len == 10 && entry.fadvise_advice == MADV_DONTNEED && entry.off == 0));
    CHECK(is_clean(entry));
}

TEST_CASE("advise_memory: memory that is given up reads as zeros; half a page is an error") {
    void* mapped =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(mapped != MAP_FAILED);
    const std::span<std::byte> memory(static_cast<std::byte*>(mapped), size);
    std::memset(mapped, 7, size);

    CHECK(answer(io::advise_memory{.memory = memory, .advice = MADV_DONTNEED}));
    CHECK(memory[0] == std::byte{0});
    CHECK(memory[size - 1] == std::byte{0});
    CHECK(answer(io::advise_memory{.memory = memory.subspan(7), .advice = MADV_DONTNEED}).error() ==
          std::errc::invalid_argument);

    ::munmap(mapped, size);
}
