#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/child_process.hpp"
#include "aio/run_process.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/aio/programs.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"
#include "tests/stress/typical.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

struct counts {
    std::uint64_t ended = 0, late = 0, destroyed = 0, wrong = 0;
};

io::task<> run_one(io::duration limit, counts& seen) {
    const std::string text(100'000, 'x');
    const auto done = co_await io::within(limit, io::run_process("cat", {.input = text}));
    if (done) {
        ++seen.ended;
        seen.wrong += !done->end.success() || done->output_text() != text;
    } else if (done.error() == io::error::timed_out) {
        ++seen.late;
    } else if (done.error() != io::error::canceled) {
        ++seen.wrong;
    }
}

}  // namespace

TEST_CASE("programs whose end, deadline and destruction race leave nothing, and lose no byte") {
    auto random = seeded("programs");
    counts seen;
    auto body = [&]() -> io::task<> {
        counts none;
        // Two share a processor.
        const auto most = 4 * co_await typical_span([&] { return run_one(io::forever, none); });
        const auto open_before = open_descriptors();
        for (auto round = rounds(4000); round > 0; --round) {
            {
                io::task_scope programs;
                for (int i = 0; i < 2; ++i) programs.spawn(run_one(any_span(random, most), seen));
                (void)co_await io::sleep_for(any_span(random, most));
                seen.destroyed += programs.size();
            }
            if (!no_children_left() || open_descriptors() != open_before) ++seen.wrong;
        }
    };

    io::run(body());

    check_outcomes("programs",
                   {{"ended", seen.ended}, {"late", seen.late}, {"destroyed", seen.destroyed}});
    CHECK(seen.wrong == 0);
}
