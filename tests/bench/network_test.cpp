#include "bench/network.hpp"

#include <filesystem>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "bench/echo/child.hpp"

namespace {

std::string this_network() {
    return std::filesystem::read_symlink("/proc/thread-self/ns/net").native();
}

std::string network_of(const bench::child& process) {
    const auto link = "/proc/" + std::to_string(process.id()) + "/ns/net";
    return std::filesystem::read_symlink(link).native();
}

}  // namespace

TEST_CASE("a network of one's own is for the children that are started in it, and is left again") {
    const std::string machine = this_network();
    std::string inside;
    std::string again;
    std::string of_child;
    bool entered = false;

    {
        const bench::own_network apart;
        entered = apart.entered();
        inside = this_network();
        const bench::child other("/bin/sh", {"-c", "exec sleep 600"}, -1);
        of_child = network_of(other);
    }
    const std::string after = this_network();
    {
        const bench::own_network apart;
        again = this_network();
    }

    CHECK(after == machine);
    CHECK(of_child == inside);
    CHECK(again == inside);
    CHECK((inside != machine) == entered);
    if (!entered) MESSAGE("skipped: a network of one's own is not allowed here");
}
