#include "runtime/ring_options.hpp"

#include <fcntl.h>
#include <liburing.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/capabilities.hpp"
#include "runtime/ring.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/sleep.hpp"
#include "tests/runtime/nop_request.hpp"
#include "tests/whole_batches.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

bool has(const io::ring& ring, const std::string& name) {
    return (" " + ring.flags() + " ").find(" " + name + " ") != std::string::npos;
}

/// Returns: whether so many entries are answered, once each.
bool answers(io::ring& ring, std::size_t count) {
    std::vector<std::unique_ptr<nop_request>> all;
    for (std::size_t i = 0; i < count; ++i) {
        all.push_back(std::make_unique<nop_request>());
        all.back()->start(ring);
    }
    while (ring.in_flight() != 0) {
        ring.wait(1s);
        ring.reap();
    }
    for (const auto& each : all)
        if (each->answers != std::vector<int>{0}) return false;
    return true;
}

/// One page of a file, read past the page cache.
class direct_read final : public io::completion {
  public:
    direct_read() {
        std::string name = (std::filesystem::temp_directory_path() / "lariat-XXXXXX").native();
        file_ = ::mkostemp(name.data(), O_CLOEXEC);
        ::unlink(name.c_str());
        std::array<char, 4096> page{};
        REQUIRE(::write(file_, page.data(), page.size()) == 4096);
        REQUIRE(::fdatasync(file_) == 0);
        const std::string again = "/proc/self/fd/" + std::to_string(file_);
        direct_ = ::open(again.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
    }
    ~direct_read() {
        ::close(file_);
        if (direct_ >= 0) ::close(direct_);
    }

    bool possible() const { return direct_ >= 0; }

    int result_on(io::ring& ring) {
        io_uring_sqe* entry = ring.entry(*this);
        prepare(*entry);
        while (ring.in_flight() != 0) {
            ring.wait(1s);
            ring.reap();
        }
        return result_;
    }

  private:
    void prepare(io_uring_sqe& entry) const noexcept override {
        io_uring_prep_read(&entry, direct_, memory_.get(), 4096, 0);
    }
    void complete(io::completion_event event) noexcept override { result_ = event.result; }

    struct release {
        void operator()(void* memory) const { std::free(memory); }
    };
    std::unique_ptr<void, release> memory_{std::aligned_alloc(4096, 4096)};
    int file_ = -1;
    int direct_ = -1;
    int result_ = 0;
};

}  // namespace

TEST_CASE("ring options: without any, a ring has what is best here") {
    io::ring ring({});
    CHECK(has(ring, "single_issuer"));
    CHECK(has(ring, "defer_taskrun"));
    CHECK(has(ring, "no_iowait") == ring.since({6, 15}));
    CHECK(!has(ring, "sqpoll"));
    const io::ring waits_for_disk({.waits_for_disk = true});
    CHECK(!has(waits_for_disk, "no_iowait"));
}

TEST_CASE("ring options: a thread of the kernel takes the entries, where it is told to") {
    {
        io::ring ring({.entries = 8,
                       .submission_thread = true,
                       .submission_idle = 20ms,
                       .submission_processor = 0});
        CHECK(has(ring, "sqpoll"));
        CHECK(has(ring, "sq_aff"));
        CHECK(answers(ring, 100));
        // It is awake: there is nothing to call for.
        nop_request quiet;
        const auto calls = ring.system_calls();
        quiet.start(ring);
        ring.poll();
        while (ring.in_flight() != 0) ring.reap();
        CHECK(ring.system_calls() - calls <= 1);
        std::this_thread::sleep_for(60ms);  // Long enough for it to sleep: it is woken.
        CHECK(answers(ring, 3));
    }
    CHECK_THROWS_AS(io::ring({.submission_thread = true, .submission_processor = 100'000}),
                    std::system_error);
}

TEST_CASE("ring options: a scheduler runs on a ring with a thread of the kernel") {
    io::scheduler_options options;
    options.ring.submission_thread = true;
    options.ring.submission_idle = 1ms;
    auto naps = []() -> io::task<int> {
        int slept = 0;
        for (int i = 0; i < 3; ++i)
            if (co_await io::sleep_for(2ms)) ++slept;
        co_return slept;
    };

    CHECK(io::run(naps(), options) == 3);
}

TEST_CASE("ring options: a ring that polls its disk answers, or says that the disk cannot") {
    for (const auto disk : {io::disk_completion::polled, io::disk_completion::hybrid_polled}) {
        std::unique_ptr<io::ring> ring;
        try {
            ring = std::make_unique<io::ring>(io::ring_options{.disk = disk});
        } catch (const std::system_error& why) {
            MESSAGE("skipped: this kernel refuses it: " << why.what());
            CHECK(why.code() == std::errc::invalid_argument);
            continue;
        }
        CHECK(has(*ring, "iopoll"));
        CHECK(has(*ring, "hybrid_iopoll") == (disk == io::disk_completion::hybrid_polled));
        direct_read page;
        if (!page.possible()) {
            MESSAGE("skipped: the temporary directory has no O_DIRECT");
            continue;
        }
        const int result = page.result_on(*ring);
        CHECK((result == 4096 || result == -EOPNOTSUPP));
    }
    io::scheduler_options options;
    options.ring.disk = io::disk_completion::polled;
    CHECK_THROWS_AS(io::scheduler{options}, std::system_error);
}

TEST_CASE("ring options: rings share their workers, whose number is limited") {
    const io::ring first({.most_file_workers = 1, .most_other_workers = 2});
    io::ring second({.share_workers_with = &first});
    CHECK(has(first, "worker_limits"));
    CHECK(has(second, "attach_wq"));
    // What was set before is what the kernel tells when it is asked to change nothing.
    unsigned limits[2] = {0, 0};
    CHECK(second.register_with(IORING_REGISTER_IOWQ_MAX_WORKERS, limits, 2) == 0);
    CHECK(limits[0] == 1);
    CHECK(limits[1] == 2);
    CHECK(answers(second, 10));
}

TEST_CASE("ring options: a wait polls the network, or the ring does not say that it does") {
    io::ring ring({.network_polling = 10us});
    if (!has(ring, "napi")) MESSAGE("skipped: this kernel does not poll the network");
    CHECK((!has(ring, "napi") || ring.since({6, 9})));
    CHECK(answers(ring, 10));
}

TEST_CASE("ring options: under load a wait is for a batch, and no longer than it may be") {
    io::ring ring({.batch = {.answers = 4, .span = 300'000us}});
    if (!has(ring, "batched_waits")) {
        MESSAGE("skipped: this kernel has no minimal waits");
        CHECK(!ring.since({6, 12}));
        return;
    }
    const auto waited_for_one = [&] {
        nop_request one;
        one.start(ring);
        const auto begin = std::chrono::steady_clock::now();
        ring.wait(1s);
        const auto span = std::chrono::steady_clock::now() - begin;
        while (ring.in_flight() != 0) {
            ring.reap();
            if (ring.in_flight() != 0) ring.wait(1s);
        }
        return span;
    };
    CHECK(answers(ring, 4));
    CHECK(waited_for_one() >= 299ms);
    // One at a time: no load any more.
    CHECK(waited_for_one() < 299ms);
}

TEST_CASE("ring options: waits whose limits are registered end at them, and others too") {
    const whole_batches whole;  // An interrupted wait ends before.
    for (const bool registered : {true, false}) {
        io::ring ring({.registered_waits = registered});
        if (registered && !has(ring, "registered_waits"))
            MESSAGE("skipped: this kernel has no registered waits");
        CHECK((!has(ring, "registered_waits") || (registered && ring.since({6, 13}))));
        CHECK(answers(ring, 10));
        const auto begin = std::chrono::steady_clock::now();
        ring.wait(2ms);
        CHECK(std::chrono::steady_clock::now() - begin >= 2ms);
        io::scheduler_options options;
        options.ring.registered_waits = registered;
        auto nap = []() -> io::task<io::result<void>> { co_return co_await io::sleep_for(1ms); };
        CHECK(io::run(nap(), options));
    }
}

TEST_CASE("ring options: limits of waits are this process's while it has a child") {
    const whole_batches whole;
    io::ring ring({});
    ring.wait(1us);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        char byte;
        ::close(ends[1]);
        ::_exit(static_cast<int>(::read(ends[0], &byte, 1)));
    }
    REQUIRE(child > 0);

    const auto begin = std::chrono::steady_clock::now();
    ring.wait(2ms);
    const auto span = std::chrono::steady_clock::now() - begin;
    ::close(ends[1]);
    int status = -1;
    ::waitpid(child, &status, 0);
    ::close(ends[0]);

    CHECK(span >= 2ms);
    CHECK(status == 0);
}

TEST_CASE("ring options: queues change their size under what is in flight") {
    io::ring ring({.entries = 8});
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    class pending final : public io::completion {
      public:
        explicit pending(int file) : file_(file) {}
        int result = 1;

      private:
        void prepare(io_uring_sqe& entry) const noexcept override {
            io_uring_prep_read(&entry, file_, &byte_, 1, 0);
        }
        void complete(io::completion_event event) noexcept override { result = event.result; }
        int file_;
        mutable char byte_ = 0;
    } waiting(ends[0]);
    ring.start(waiting);
    ring.poll();

    const auto refused = ring.resize(64, 512);
    if (!ring.since({6, 13})) {
        CHECK(refused == std::errc::function_not_supported);
    } else {
        CHECK(!refused);
        CHECK(ring.entries() == 64);
        CHECK(ring.completions() == 512);
        CHECK(!ring.resize(16));
        CHECK(ring.entries() == 16);
        CHECK(ring.completions() == 64);
    }
    ring.cancel(waiting);
    CHECK(answers(ring, 200));
    CHECK(waiting.result == -ECANCELED);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("ring options: the completion queue has the size that was asked for") {
    const io::ring ring({.entries = 16, .completions = 1024});
    CHECK(ring.entries() == 16);
    CHECK(ring.completions() == 1024);
}

TEST_CASE(
    "ring options: a wide ring says so, and does what another does, also when it is resized") {
    io::ring_options options{};
    options.entries = 8;
    options.wide = true;
    io::ring ring(options);

    CHECK(ring.wide());
    CHECK(has(ring, "sqe128"));
    CHECK(has(ring, "cqe32"));
    CHECK(answers(ring, 1000));
    if (ring.since({6, 13})) {
        CHECK(!ring.resize(64));
        CHECK(answers(ring, 1000));
        CHECK(!ring.resize(16));
        CHECK(answers(ring, 100));
    }
    CHECK(!io::ring({}).wide());
}

TEST_CASE("ring options: a wide answer has a second half") {
    /// A nop that is answered with two more words; since Linux 6.18.
    class two_words final : public io::completion {
      public:
        explicit two_words(io::ring& from) : from_(from) {}

        int result = 1;
        std::array<std::uint64_t, 2> words{};

      private:
        void prepare(io_uring_sqe& entry) const noexcept override {
            io_uring_prep_nop(&entry);
            entry.rw_flags = 1U << 5;  // IORING_NOP_CQE32
            entry.off = 0x1122334455667788;
            entry.addr = 42;
        }
        void complete(io::completion_event event) noexcept override {
            result = event.result;
            std::ranges::copy(from_.second_half(), words.begin());
        }

        io::ring& from_;
    };
    io::ring_options options{};
    options.wide = true;
    io::ring ring(options);
    two_words request(ring);

    ring.start(request);
    ring.poll();
    ring.reap();
    if (request.result == -EINVAL) {
        MESSAGE("skipped: this kernel's nop has no second half");
        return;
    }

    CHECK(request.result == 0);
    CHECK(request.words == std::array<std::uint64_t, 2>{0x1122334455667788, 42});
}

TEST_CASE("ring options: a scheduler runs on a wide ring") {
    io::scheduler_options options;
    options.ring.wide = true;
    auto nap = []() -> io::task<io::result<void>> { co_return co_await io::sleep_for(1ms); };
    CHECK(io::run(nap(), options));
}
