#include "aio/address.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

using lariat::address;
using lariat::address_family;

namespace {

// What the kernel would report for a unix socket with these bytes behind the family.
lariat::result<address> from_unix_bytes(std::string_view bytes, std::size_t beyond = 0) {
    char storage[sizeof(sockaddr_un) + 8] = {};
    const sa_family_t family = AF_UNIX;
    std::memcpy(storage, &family, sizeof family);
    std::memcpy(storage + sizeof family, bytes.data(), bytes.size());
    return address::from(reinterpret_cast<const sockaddr*>(storage),
                         static_cast<socklen_t>(sizeof family + bytes.size() + beyond));
}

}  // namespace

TEST_CASE("an IPv4 address is in the kernel's byte order") {
    const auto where = address::v4({10, 0, 0, 7}, 0x1234);

    sockaddr_in native;
    std::memcpy(&native, where.data(), sizeof native);

    CHECK(native.sin_family == AF_INET);
    CHECK(ntohs(native.sin_port) == 0x1234);
    CHECK(ntohl(native.sin_addr.s_addr) == 0x0a000007);
}

TEST_CASE("helpers make the usual addresses") {
    CHECK(to_string(address::loopback(1)) == "127.0.0.1:1");
    CHECK(to_string(address::loopback_v6(2)) == "[::1]:2");
    CHECK(to_string(address::any(3)) == "0.0.0.0:3");
    CHECK(to_string(address::any_v6(4)) == "[::]:4");
}

TEST_CASE("with_port changes the port and nothing else") {
    const auto link_local = address::parse("[fe80::1%7]:80").value();

    CHECK(address::any(0).with_port(8080) == address::any(8080));
    CHECK(to_string(link_local.with_port(81)) == "[fe80::1%7]:81");
    CHECK(link_local.port() == 80);
}

TEST_CASE("addresses are equal when they name the same place") {
    CHECK(address::loopback(80) == address::parse("127.0.0.1:80").value());
    CHECK(address::loopback(80) != address::loopback(81));
    CHECK(address::loopback(80) != address::any(80));
    CHECK(address::any(80) != address::any_v6(80));
    CHECK(address() == address());
}

TEST_CASE("padding and flow information do not make a copied address another one") {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(80);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::memset(v4.sin_zero, 0x55, sizeof v4.sin_zero);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(80);
    v6.sin6_addr = in6addr_loopback;
    v6.sin6_flowinfo = 0x12345;

    const auto short_one = address::from(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
    const auto long_one = address::from(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);

    CHECK(*short_one == address::loopback(80));
    CHECK(*long_one == address::loopback_v6(80));
}

TEST_CASE("a copied address must fit its family") {
    sockaddr_storage storage{};
    const auto* raw = reinterpret_cast<const sockaddr*>(&storage);

    storage.ss_family = AF_INET;
    CHECK(address::from(raw, sizeof(sockaddr_in) - 1).error() == std::errc::invalid_argument);
    CHECK(address::from(raw, 1).error() == std::errc::invalid_argument);
    CHECK(address::from(nullptr, 16).error() == std::errc::invalid_argument);
    CHECK(*address::from(raw, sizeof storage) == address::any(0));
    CHECK(*address::from(nullptr, 0) == address());

    storage.ss_family = AF_INET6;
    CHECK(address::from(raw, sizeof(sockaddr_in6) - 1).error() == std::errc::invalid_argument);

    storage.ss_family = AF_NETLINK;
    CHECK(address::from(raw, 12).error() == std::errc::address_family_not_supported);
}

TEST_CASE("a unix address is copied as the kernel reports it") {
    const std::string longest(108, 'x');

    CHECK(from_unix_bytes("")->is_unnamed());
    CHECK(from_unix_bytes(std::string_view("/a\0", 3))->path() == "/a");
    CHECK(from_unix_bytes("/a")->path() == "/a");
    CHECK(*from_unix_bytes("/a") == *from_unix_bytes(std::string_view("/a\0garbage", 10)));
    CHECK(from_unix_bytes(longest)->path() == longest);
    CHECK(from_unix_bytes(longest, 1)->path() == longest);
    CHECK_FALSE(from_unix_bytes(longest, 2));
    CHECK(from_unix_bytes(std::string_view("\0a\0b", 4))->abstract_name() ==
          std::string_view("a\0b", 3));
    CHECK(from_unix_bytes(std::string_view("\0", 1))->is_abstract());
}

TEST_CASE("the kernel binds an address and gives the same one back") {
    char folder[] = "/tmp/lariat-address-XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    auto longest = std::string(folder) + "/";
    longest.resize(108, 'x');
    const auto abstract = std::string("lariat\0test", 11) + std::to_string(::getpid());

    for (const auto& where : {
             address::loopback(0),
             *address::unix_path(std::string(folder) + "/short"),
             *address::unix_path(longest),
             *address::unix_abstract(abstract),
         }) {
        const int socket = ::socket(where.data()->sa_family, SOCK_STREAM, 0);
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        REQUIRE(::bind(socket, where.data(), where.size()) == 0);
        REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) == 0);

        const auto back = address::from(reinterpret_cast<const sockaddr*>(&bound), size);

        REQUIRE(back);
        CHECK(*back == (where.port() == back->port() ? where : where.with_port(back->port())));
        ::close(socket);
        if (!back->path().empty()) ::unlink(std::string(back->path()).c_str());
    }
    CHECK(::rmdir(folder) == 0);
}
