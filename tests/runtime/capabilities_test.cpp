#include "runtime/capabilities.hpp"

#include <algorithm>
#include <bitset>
#include <ostream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "runtime/kernel_abi.hpp"
#include "runtime/ring.hpp"

namespace io = lariat;

namespace {

/// What a kernel of that release says of itself.
io::capability_set kernel_of(io::kernel_version release, std::uint32_t features = 0) {
    std::bitset<256> operations;
    std::size_t opcode = 0;
    for (const auto& known : io::known_operations()) operations[opcode++] = known.since <= release;
    return {operations, features};
}

}  // namespace

TEST_CASE("capabilities: the newest mark that a kernel bears tells its release") {
    CHECK(kernel_of({6, 1}).level() == io::kernel_version{6, 1});
    CHECK(kernel_of({6, 8}).level() == io::kernel_version{6, 8});
    CHECK(kernel_of({6, 17}).level() == io::kernel_version{6, 16});
    const auto with_bundles = kernel_of({6, 9}, io::kernel::feature_recvsend_bundle);
    CHECK(with_bundles.since({6, 10}));
    CHECK(!with_bundles.since({6, 11}));
    CHECK(!with_bundles.operation(io::kernel::op_bind));
}

TEST_CASE("capabilities: what is hidden is neither an operation nor an ability") {
    const auto all = kernel_of({6, 16});
    const auto less = all.limited_to({6, 7});

    CHECK(less.level() == io::kernel_version{6, 7});
    CHECK(less.operation(io::kernel::op_waitid));
    CHECK(!less.operation(io::kernel::op_fixed_fd_install));
    CHECK(!less.operation(200));
    CHECK(!less.since({6, 8}));
    CHECK(all.operation(io::kernel::op_fixed_fd_install));
}

TEST_CASE("capabilities: those of this kernel are asked once, and a ring has the same") {
    const auto& here = io::capabilities();
    CHECK(&here == &io::capabilities());
    CHECK(here.operation(0));
    CHECK(here.since({6, 1}));

    const io::ring one(io::ring_options{});
    for (unsigned opcode = 0; opcode < 80; ++opcode)
        CHECK(one.supports(opcode) == here.operation(opcode));
    CHECK(one.since(here.level()));
}

TEST_CASE("capabilities: the table has a line for each operation, and says what is missing") {
    std::ostringstream out;
    out << kernel_of({6, 7});
    const std::string table = out.str();

    CHECK(table.starts_with("io_uring as of Linux 6.7\n"));
    CHECK(table.find("waitid                          6.7   yes\n") != std::string::npos);
    CHECK(table.find("fixed_fd_install                6.8   no\n") != std::string::npos);
    CHECK(table.find("receive bundles                 6.10  no\n") != std::string::npos);
    CHECK(std::count(table.begin(), table.end(), '\n') >= 63 + 12);
}
