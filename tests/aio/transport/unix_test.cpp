#include "aio/transport/unix.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/dies_with.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

static_assert(io::stream<io::unix_stream> && io::vectored_stream<io::unix_stream>);
static_assert(io::stream_listener<io::unix_listener>);

io::address at(const std::filesystem::path& path) { return *io::address::unix_path(path.native()); }

struct ::stat status_of(const std::filesystem::path& path) {
    struct ::stat status{};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status;
}

io::task<io::result<io::received_passed>> receive_passed(io::unix_stream& from,
                                                         io::buffer_view into) {
    co_return co_await from.receive_descriptors(into);
}

}  // namespace

TEST_CASE("unix: a path and an abstract name connect, and have a URL each") {
    const scratch directory;
    auto body = [](io::address where) -> io::task<std::string> {
        auto door = *io::unix_listener::open(where);
        auto both = co_await io::when_all(io::connect_unix(*door.local_address()), door.accept());
        auto& [client, server] = both;
        REQUIRE(client);
        REQUIRE(server);
        std::array<char, 5> room;
        const auto sent = co_await io::write_all(*client, "hello");
        const auto got = co_await io::read_exactly(*server, room);
        CHECK(sent);
        CHECK(got);
        CHECK(*client->peer_address() == *door.local_address());
        CHECK(client->local_address()->is_unnamed());
        co_return door.url();
    };

    const auto of_path = io::run(body(at(directory.path() / "a b@c")));
    const auto of_name = io::run(body(*io::address::unix_abstract("lariat/\x01test")));
    const auto of_none = io::run(body(io::address::unix_unnamed()));

    CHECK(of_path == "unix://" + directory.path().native() + "/a%20b%40c");
    CHECK(of_name == "unix:@lariat%2F%01test");
    CHECK(of_none.starts_with("unix:@"));
}

TEST_CASE("unix: the file goes with its listener, and only if it is still its own") {
    const scratch directory;
    const auto path = directory.file();
    {
        auto door = *io::unix_listener::open(at(path));
        CHECK(std::filesystem::exists(path));
        door.close();
        CHECK_FALSE(std::filesystem::exists(path));
    }
    {
        auto kept = *io::unix_listener::open(at(path), {.remove_file = false});
    }
    CHECK(std::filesystem::exists(path));
    {
        auto door = *io::unix_listener::open(at(path));
        std::filesystem::remove(path);
        made(path, "something else");
    }
    CHECK(std::filesystem::is_regular_file(path));
}

TEST_CASE("unix: a child process that ends does not remove its parent's file") {
    const scratch directory;
    auto door = *io::unix_listener::open(at(directory.file()));

    const pid_t child = ::fork();
    if (child == 0) {
        {
            const auto inherited = std::move(door);
        }
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);

    CHECK(std::filesystem::exists(directory.file()));
}

TEST_CASE("unix: what a dead listener left is replaced, and what lives or is no socket is not") {
    const scratch directory;
    const auto path = directory.file();
    {
        auto dead = *io::unix_listener::open(at(path), {.remove_file = false});
    }

    const auto refused = io::unix_listener::open(at(path), {.replace_stale = false});
    auto alive = io::unix_listener::open(at(path));
    const auto taken = io::unix_listener::open(at(path));
    CHECK(refused.error() == std::errc::address_in_use);
    REQUIRE(alive);
    CHECK(taken.error() == std::errc::address_in_use);
    alive->close();
    made(path, "precious");
    const auto no_socket = io::unix_listener::open(at(path));
    CHECK(no_socket.error() == std::errc::address_in_use);
    CHECK(std::filesystem::file_size(path) == 8);
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE("unix: a full listener counts as alive") {
    const scratch directory;
    auto full = *io::unix_listener::open(at(directory.file()), {.backlog = 0});
    const auto waiting = io::run(io::connect_unix(at(directory.file())));
    REQUIRE(waiting);

    const auto taken = io::unix_listener::open(at(directory.file()));

    CHECK(taken.error() == std::errc::address_in_use);
}

TEST_CASE("unix: the file has the permissions that were asked for, whatever the umask") {
    const scratch directory;
    const mode_t before = ::umask(077);
    const auto open = *io::unix_listener::open(at(directory.path() / "open"), {.mode = 0666});
    ::umask(0);
    const auto closed = *io::unix_listener::open(at(directory.path() / "closed"), {.mode = 0600});
    ::umask(027);
    const auto plain = *io::unix_listener::open(at(directory.path() / "plain"));
    ::umask(before);

    CHECK((status_of(directory.path() / "open").st_mode & 07777) == 0666);
    CHECK((status_of(directory.path() / "closed").st_mode & 07777) == 0600);
    CHECK((status_of(directory.path() / "plain").st_mode & 07777) == 0750);
}

TEST_CASE("unix: each end knows who the other is") {
    auto ends = *io::make_unix_pair();

    const auto peer = ends.first.peer_credentials();

    REQUIRE(peer);
    CHECK(peer->process == ::getpid());
    CHECK(peer->user == ::getuid());
    CHECK(peer->group == ::getgid());
    ends.first.close();
    CHECK(ends.first.peer_credentials().error() == std::errc::bad_file_descriptor);
}

TEST_CASE("unix: descriptors travel with bytes, are owned, and close on exec") {
    auto ends = *io::make_unix_pair();
    const auto one = make_pipe();
    const auto other = make_pipe();
    const std::array<io::descriptor_ref, 2> leaving{one.second, other.second};
    std::array<char, 8> room;
    auto body = [&]() -> io::task<io::result<io::received_passed>> {
        const auto sent = co_await ends.first.send_descriptors("two", leaving);
        CHECK(*sent == 3);
        co_return co_await ends.second.receive_descriptors(room);
    };

    auto got = run_body(body);

    REQUIRE(got);
    CHECK(got->count == 3);
    REQUIRE(got->passed == 2);
    CHECK_FALSE(got->truncated);
    CHECK(closes_on_exec(got->descriptors[0]));
    put(got->descriptors[0], "first");
    put(got->descriptors[1], "second");
    CHECK(taken_from(one.first) == "first");
    CHECK(taken_from(other.first) == "second");
}

TEST_CASE("unix: as many descriptors travel at once as there is room for") {
    auto ends = *io::make_unix_pair();
    const auto pipe = make_pipe();
    const std::vector<io::descriptor_ref> leaving(io::most_passed, pipe.first);
    std::array<char, 8> room;
    const auto before = open_descriptors();
    auto body = [&]() -> io::task<> {
        const auto sent = co_await ends.first.send_descriptors("x", leaving);
        const auto got = co_await ends.second.receive_descriptors(room);
        CHECK(sent);
        CHECK(got->passed == io::most_passed);
        CHECK_FALSE(got->truncated);
    };

    run_body(body);

    CHECK(open_descriptors() == before);
    CHECK(dies_with("more than 16 descriptors", [&] {
        const std::vector<io::descriptor_ref> more(io::most_passed + 1, pipe.first);
        auto too_many = [&]() -> io::task<> {
            std::ignore = co_await ends.first.send_descriptors("x", more);
        };
        io::run(too_many());
    }));
    CHECK(dies_with("at least one byte", [&] {
        auto none = [&]() -> io::task<> {
            std::ignore = co_await ends.first.send_descriptors({}, leaving);
        };
        io::run(none());
    }));
}

TEST_CASE("unix: descriptors that nobody takes are closed") {
    auto ends = *io::make_unix_pair();
    const auto pipe = make_pipe();
    const std::array<io::descriptor_ref, 1> leaving{pipe.first};
    std::array<char, 4> room;
    const auto before = open_descriptors();
    auto body = [&]() -> io::task<> {
        for (int round = 0; round < 4; ++round) {
            const auto sent = co_await ends.first.send_descriptors("x", leaving);
            CHECK(sent);
        }
        // Dropped by whoever asked for them; never asked for; arrived for a task that is gone.
        {
            const auto dropped = co_await ends.second.receive_descriptors(std::span(room).first(1));
        }
        const auto plain = co_await ends.second.receive(std::span(room).first(1));
        CHECK(*plain == 1);
        {
            io::task_scope scope;
            scope.spawn(receive_passed(ends.second, std::span(room).first(1)));
            co_await io::yield();
            co_await io::yield();
        }
        const auto last = co_await io::within(1s, ends.second.receive_descriptors(room));
        CHECK(last);
    };

    run_body(body);

    CHECK(open_descriptors() == before);
}

TEST_CASE("unix: without descriptors, and without room, a receive of descriptors is a receive") {
    auto ends = *io::make_unix_pair();
    std::array<char, 4> room;
    auto body = [&]() -> io::task<> {
        const auto sent = co_await ends.first.send_descriptors("x", {});
        const auto nothing = co_await ends.second.receive_descriptors({});
        const auto plain = co_await ends.second.receive_descriptors(room);
        ends.first.close();
        const auto end = co_await ends.second.receive_descriptors(room);
        const auto closed = co_await ends.first.receive_descriptors(room);
        CHECK(*sent == 1);
        CHECK(nothing->count == 0);
        CHECK(plain->count == 1);
        CHECK(plain->passed == 0);
        CHECK(end->count == 0);
        CHECK(closed.error() == io::error::closed);
    };

    run_body(body);
}

TEST_CASE("unix: addresses of another kind are refused") {
    const auto tcp = io::address::loopback(0);

    CHECK(io::unix_listener::open(tcp).error() == std::errc::address_family_not_supported);
    CHECK(io::run(io::connect_unix(tcp)).error() == std::errc::address_family_not_supported);
    CHECK(io::run(io::connect_unix(at("/nowhere/x"))).error() ==
          std::errc::no_such_file_or_directory);
}
