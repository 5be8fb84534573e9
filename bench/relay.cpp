#include "aio/stream/copy.hpp"

#include <fcntl.h>
#include <liburing.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "aio/transport/tcp.hpp"
#include "bench/echo/socket.hpp"
#include "bench/options.hpp"
#include "bench/raw/ring.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"

namespace bench {
namespace {

constexpr std::size_t piece = 64 * 1024;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// Both ends of a connection over the loopback device.
struct connection {
    connection() {
        const listening door = listen_on_loopback();
        far = connect_to(door.address);
        near = accept4(door.socket, nullptr, nullptr, SOCK_CLOEXEC);
        close(door.socket);
        if (near < 0) fail("accept");
    }
    ~connection() {
        close(far);
        if (near >= 0) close(near);
    }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    int far;
    int near;  ///< The relay's.
};

/// One thread sends pieces, another receives them; both are on the CPU that is not the relay's.
class line {
  public:
    line(std::uint64_t pieces, int processor)
        : source_([this, pieces, processor] { send(pieces, processor); }),
          sink_([this, pieces, processor] { receive(pieces, processor); }) {}
    ~line() {
        // A relay that failed has left them waiting.
        shutdown(in.far, SHUT_RDWR);
        shutdown(out.far, SHUT_RDWR);
        join();
    }
    line(const line&) = delete;
    line& operator=(const line&) = delete;

    /// Where the relay receives, and where it sends.
    connection in;
    connection out;

    /// Until the sink has seen the end. Returns: whether all has arrived.
    bool join() {
        if (source_.joinable()) source_.join();
        if (sink_.joinable()) sink_.join();
        return complete_;
    }

  private:
    void send(std::uint64_t pieces, int processor) noexcept {
        pin_to(processor);
        const std::vector<char> bytes(piece, 'x');
        for (std::uint64_t left = pieces * piece; left > 0;) {
            const ssize_t count = ::send(in.far, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) break;
            left -= static_cast<std::uint64_t>(count);
        }
        shutdown(in.far, SHUT_WR);
    }

    void receive(std::uint64_t pieces, int processor) noexcept {
        pin_to(processor);
        std::vector<char> bytes(piece);
        std::uint64_t left = pieces * piece;
        while (left > 0) {
            const ssize_t count = recv(out.far, bytes.data(), bytes.size(), 0);
            if (count <= 0) break;
            left -= static_cast<std::uint64_t>(count);
        }
        complete_ = left == 0;
    }

    bool complete_ = false;
    std::thread source_;
    std::thread sink_;
};

/// How bytes are passed on.
enum class way : bool { memory, splice };

/// One operation after the other.
class raw_relay {
  public:
    explicit raw_relay(const line& over) : from_(over.in.near), to_(over.out.near) {
        if (pipe2(pipe_.data(), O_CLOEXEC) != 0) fail("pipe");
    }
    ~raw_relay() {
        close(pipe_[0]);
        close(pipe_[1]);
    }
    raw_relay(const raw_relay&) = delete;
    raw_relay& operator=(const raw_relay&) = delete;

    std::uint64_t run(way how) {
        while (const std::size_t came =
                   how == way::splice ? moved(from_, pipe_[1], piece) : received()) {
            for (std::size_t gone = 0; gone < came;)
                gone += how == way::splice ? moved(pipe_[0], to_, came - gone) : sent(gone, came);
        }
        shutdown(to_, SHUT_WR);
        return ring_.enters();
    }

  private:
    std::size_t moved(int from, int to, std::size_t most) {
        io_uring_prep_splice(ring_.entry(), from, -1, to, -1, static_cast<unsigned>(most), 0);
        return answer();
    }
    std::size_t received() {
        io_uring_prep_recv(ring_.entry(), from_, bytes_.data(), bytes_.size(), 0);
        return answer();
    }
    std::size_t sent(std::size_t first, std::size_t end) {
        io_uring_prep_send(ring_.entry(), to_, bytes_.data() + first, end - first, MSG_NOSIGNAL);
        return answer();
    }

    std::size_t answer() {
        int result = 0;
        for (unsigned count = 0; count == 0;) {
            ring_.enter(1);
            count = ring_.reap([&](const io_uring_cqe& cqe) { result = cqe.res; });
        }
        if (result < 0) throw std::system_error(-result, std::generic_category(), "relay");
        return static_cast<std::size_t>(result);
    }

    int from_;
    int to_;
    std::array<int, 2> pipe_{};
    std::vector<char> bytes_ = std::vector<char>(piece);
    raw::ring ring_{8};
};

lariat::tcp_stream stream_of(int& socket) {
    return lariat::tcp_stream(lariat::descriptor::adopt(std::exchange(socket, -1)));
}

lariat::task<> copies(line& over, way how) {
    auto from = stream_of(over.in.near);
    auto to = stream_of(over.out.near);
    const auto done =
        co_await lariat::copy(from, to, {.size = piece, .splice = how == way::splice});
    if (!done) throw std::system_error(done.error(), "relay");
}

std::uint64_t run_raw(line& over, way how) { return raw_relay(over).run(how); }

std::uint64_t run_lariat(line& over, way how) {
    lariat::scheduler loop;
    loop.run(copies(over, how));
    return loop.kernel()->system_calls();
}

template <std::uint64_t (*Run)(line&, way), way How>
void relay(const job& work, meter& figures) {
    cpu_set_t before;
    sched_getaffinity(0, sizeof before, &before);
    const two_processors where = processors_for_two();
    pin_to(where.server);
    if (work.warmup) {
        line warm(work.warmup, where.load);
        Run(warm, How);
    }
    line measured(work.items, where.load);
    figures.start();
    const std::uint64_t calls = Run(measured, How);
    figures.stop(work.items);
    const bool complete = measured.join();
    sched_setaffinity(0, sizeof before, &before);
    figures.system_calls(calls);
    if (!complete) throw std::runtime_error("not all of it arrived");
}

}  // namespace

workload relay_workload() {
    return {
        .name = "relay",
        .what =
            "64 KiB from one TCP connection to another, both over the loopback device, whose "
            "other ends are threads on another CPU",
        .parameters = {},
        .items = 20'000,
        .smoke_items = 200,
        .subjects = {{"raw", "liburing, through memory", relay<run_raw, way::memory>},
                     {"lariat", "copy, as it is by default", relay<run_lariat, way::memory>},
                     {"raw_splice", "liburing, splice through a pipe", relay<run_raw, way::splice>},
                     {"lariat_splice", "copy that splices", relay<run_lariat, way::splice>}},
        .unit = "ns/piece",
    };
}

}  // namespace bench
