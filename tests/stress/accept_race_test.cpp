#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/op/socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;

namespace {

constexpr int accepts_per_round = 16;

/// A listener, and a thread whose peers connect to it when they are told to.
class crowd {
  public:
    crowd() {
        where_.ss_family = AF_UNIX;
        auto* const name = reinterpret_cast<sockaddr*>(&where_);
        bool fine = ::bind(door.number(), name, size_) == 0;  // The kernel chooses a name.
        size_ = sizeof where_;
        fine = fine && ::getsockname(door.number(), name, &size_) == 0;
        fine = fine && ::listen(door.number(), 4 * accepts_per_round) == 0;
        if (!fine) std::abort();
        thread_ = std::thread([this] { loop(); });
    }
    ~crowd() {
        ending_ = true;
        connect(1);
        thread_.join();
    }

    /// So many peers connect, at any time from now on.
    void connect(unsigned peers) {
        asked_.fetch_add(peers);
        asked_.notify_one();
    }

    void await_connected() {
        for (auto done = done_.load(); done != asked_; done = done_.load()) done_.wait(done);
    }

    /// Returns: how many peers were still waiting to be accepted.
    unsigned send_away() {
        unsigned left = 0;
        for (;; ++left) {
            const int peer =
                ::accept4(door.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (peer < 0) return left;
            ::close(peer);
        }
    }

    const io::descriptor door =
        io::descriptor::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

  private:
    void loop() {
        for (unsigned done = 0; !ending_; done_.store(++done), done_.notify_one()) {
            asked_.wait(done);
            const int peer = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (::connect(peer, reinterpret_cast<sockaddr*>(&where_), size_) != 0) std::abort();
            ::close(peer);
        }
    }

    sockaddr_storage where_{};
    socklen_t size_ = sizeof(sa_family_t);
    std::atomic<bool> ending_{false};
    std::atomic<unsigned> asked_{0};
    std::atomic<unsigned> done_{0};
    std::thread thread_;
};

struct tally {
    std::uint64_t accepted = 0;  ///< And the coroutine was resumed with it.
    std::uint64_t canceled = 0;
    std::uint64_t destroyed = 0;
    std::uint64_t disposed_of = 0;  ///< Accepted by the kernel for a coroutine that was gone.
    std::uint64_t wrong = 0;
};

io::task<> accept_one(const io::descriptor& door, tally& outcomes) {
    const auto peer = co_await io::accept{.socket = door};
    if (peer)
        ++outcomes.accepted;
    else if (peer.error() == make_error_code(io::error::canceled))
        ++outcomes.canceled;
    else
        ++outcomes.wrong;
}

/// As many accepts as peers, some of them cancelled or destroyed at a random moment.
io::task<> race(crowd& peers, tally& outcomes, std::mt19937_64& random) {
    const auto started = outcomes;
    {
        io::task_scope scope;
        for (int number = 0; number < accepts_per_round; ++number)
            scope.spawn(accept_one, std::ref(peers.door), std::ref(outcomes));
        (void)co_await io::nop{};
        peers.connect(accepts_per_round);
        if (random() % 2) {
            // Peers come while the accepts are given up.
            for (auto pauses = random() % 4; pauses > 0; --pauses) (void)co_await io::nop{};
        } else {
            // The accepts are over, and their coroutines are about to be told.
            peers.await_connected();
            (void)co_await io::nop{};
        }
        if (random() % 2) {
            scope.cancel();
            co_await scope.join();
        }
        outcomes.destroyed += scope.size();
    }
    peers.await_connected();
    const auto accepted = outcomes.accepted - started.accepted;
    const unsigned left = peers.send_away();
    if (accepted + left > accepts_per_round)
        ++outcomes.wrong;
    else
        outcomes.disposed_of += accepts_per_round - accepted - left;
}

}  // namespace

TEST_CASE("accepts raced with cancels and destroys leave no descriptor behind") {
    constexpr const char* name = "accepts against cancel and destroy";
    auto random = seeded(name);
    tally outcomes;
    const auto open_before = open_descriptors();
    {
        crowd peers;
        auto body = [&]() -> io::task<> {
            for (auto left = rounds(100'000) / accepts_per_round + 1; left > 0; --left)
                co_await race(peers, outcomes, random);
        };
        io::run(body());
    }

    CHECK(outcomes.wrong == 0);
    CHECK(open_descriptors() == open_before);
    check_outcomes(name, {{"accepted", outcomes.accepted},
                          {"canceled", outcomes.canceled},
                          {"destroyed", outcomes.destroyed},
                          {"disposed of", outcomes.disposed_of}});
}
