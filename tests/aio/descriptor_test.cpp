#include "aio/descriptor.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ostream>

#include <doctest/doctest.h>

using lariat::descriptor;
using lariat::descriptor_ref;

namespace {

static_assert(!std::is_copy_constructible_v<descriptor>);
static_assert(std::is_nothrow_move_constructible_v<descriptor>);
static_assert(std::is_nothrow_move_assignable_v<descriptor>);
static_assert(std::is_nothrow_swappable_v<descriptor>);

template <class T>
constexpr bool refers = std::is_convertible_v<T, descriptor_ref>;

static_assert(refers<int> && refers<descriptor&> && refers<const descriptor&>);
static_assert(!refers<descriptor> && !refers<const descriptor>);
static_assert(!refers<bool> && !refers<long> && !refers<unsigned> && !refers<void*>);

struct description {
    descriptor_ref socket;
    int flags = 0;
};
static_assert(std::is_aggregate_v<description> && std::is_trivially_copyable_v<description>);

struct peer {
    descriptor own;
    const descriptor& handle() const { return own; }
};

descriptor open_null() { return descriptor::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC)); }

bool is_open(int number) { return ::fcntl(number, F_GETFD) >= 0; }

// Returns: whether a child that makes this mistake is ended by it.
template <class Mistake>
bool is_caught(Mistake mistake) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit no_core{};
        ::setrlimit(RLIMIT_CORE, &no_core);
        ::signal(SIGABRT, SIG_DFL);
        ::close(STDERR_FILENO);
        mistake();
        ::_exit(0);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace

TEST_CASE("a descriptor is empty until it takes over a number") {
    const descriptor none;
    const auto also_none = descriptor::adopt(-1);

    CHECK_FALSE(none);
    CHECK(none.number() == -1);
    CHECK_FALSE(also_none);
}

TEST_CASE("a descriptor closes its number when it goes") {
    int number = -1;
    {
        const auto owner = open_null();
        number = owner.number();

        CHECK(owner);
        CHECK(is_open(number));
    }

    CHECK_FALSE(is_open(number));
}

TEST_CASE("a descriptor that was moved from owns nothing") {
    auto first = open_null();
    const int number = first.number();

    const descriptor second = std::move(first);

    CHECK(first.number() == -1);
    CHECK(second.number() == number);
    CHECK(is_open(number));
}

TEST_CASE("assigning to a descriptor closes what it held") {
    auto held = open_null();
    auto other = open_null();
    const int old_number = held.number();
    const int new_number = other.number();

    held = std::move(other);

    CHECK(held.number() == new_number);
    CHECK_FALSE(is_open(old_number));
    CHECK(is_open(new_number));
}

TEST_CASE("assigning a descriptor to itself keeps it open") {
    auto held = open_null();
    auto& itself = held;

    held = std::move(itself);

    CHECK(held);
    CHECK(is_open(held.number()));
}

TEST_CASE("swap exchanges two descriptors") {
    auto one = open_null();
    descriptor other;
    const int number = one.number();

    swap(one, other);

    CHECK_FALSE(one);
    CHECK(other.number() == number);
}

TEST_CASE("a released number stays open and belongs to the caller") {
    int number = -1;
    {
        auto owner = open_null();
        number = owner.release();

        CHECK_FALSE(owner);
    }

    CHECK(is_open(number));
    CHECK(::close(number) == 0);
}

TEST_CASE("close closes once, and the destructor has nothing left to do") {
    auto owner = open_null();
    const int number = owner.number();

    const auto closed = owner.close();

    CHECK(closed);
    CHECK_FALSE(owner);
    CHECK_FALSE(is_open(number));
}

TEST_CASE("a number that someone else closed is caught as a mistake") {
    CHECK(is_caught([] {
        const auto owner = open_null();
        ::close(owner.number());
    }));
    CHECK(is_caught([] {
        auto owner = open_null();
        ::close(owner.number());
        static_cast<void>(owner.close());
    }));
    CHECK_FALSE(is_caught([] { open_null(); }));
}

TEST_CASE("an error code taken for a descriptor, and closing nothing, are caught as mistakes") {
    CHECK(is_caught([] { descriptor::adopt(-EMFILE); }));
    CHECK(is_caught([] { static_cast<void>(descriptor().close()); }));
}

TEST_CASE("a description takes a descriptor, a number, or what an object hands out") {
    const peer someone{open_null()};
    const auto own = open_null();

    CHECK(description{.socket = own}.socket.number() == own.number());
    CHECK(description{.socket = someone.handle()}.socket.number() == someone.own.number());
    CHECK(description{.socket = STDIN_FILENO}.socket.number() == 0);
    CHECK(description{}.socket.number() == -1);
}

TEST_CASE("references to the same descriptor are equal") {
    const auto own = open_null();

    CHECK(descriptor_ref(own) == descriptor_ref(own.number()));
    CHECK(descriptor_ref(own) != descriptor_ref());
    CHECK(descriptor_ref(own));
    CHECK_FALSE(descriptor_ref());
    CHECK_FALSE(descriptor_ref(own).is_direct());
}
