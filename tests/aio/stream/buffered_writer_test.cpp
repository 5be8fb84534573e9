#include "aio/stream/buffered_writer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "aio/testing/stream_pair.hpp"
#include "runtime/within.hpp"
#include "tests/aio/stream/fed.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using io::testing::running;
using namespace std::chrono_literals;

namespace {

/// Takes what a script says of each send, and remembers the bytes that it took.
class scripted_sink {
  public:
    explicit scripted_sink(std::deque<io::transfer> steps) : steps_(std::move(steps)) {}

    io::task<io::transfer> send(io::const_buffer_view bytes) {
        const io::transfer step = steps_.front();
        steps_.pop_front();
        sent.append(reinterpret_cast<const char*>(bytes.data()), step.count());
        asked.push_back(bytes.size());
        co_return step;
    }

    std::string sent;
    std::vector<std::size_t> asked;

  private:
    std::deque<io::transfer> steps_;
};

/// A writer whose stream lets one byte through at a time, when the test takes it.
struct dripping {
    io::testing::manual_home at;
    io::testing::stream_pair pair{1};
    io::buffered_writer<io::testing::memory_stream&> writer{pair.left(), 8};
    std::string arrived;

    /// The peer takes as many bytes as come, up to `most`.
    void take(std::size_t most) {
        for (; most > 0 && pair.on_their_way() > 0; --most) {
            std::array<char, 1> byte{};
            running got(at, receive(byte));
            at.run_until_idle();
            arrived += byte[0];
        }
    }

  private:
    io::task<> receive(io::buffer_view into) {
        const auto got = co_await pair.right().receive(into);
        REQUIRE(*got == 1);
    }
};

const auto broken = std::make_error_code(std::errc::broken_pipe);
using sizes = std::vector<std::size_t>;

}  // namespace

TEST_CASE("small writes are gathered, and sent when the memory is full or flushed") {
    io::testing::manual_home at;
    io::buffered_writer writer(scripted_sink({8, 5}), 8);

    for (const char* each : {"012", "345", "678", "9abc"})
        CHECK(outcome_of(at, writer.write(std::string_view(each))));
    CHECK(writer.stream().sent == "01234567");
    CHECK(writer.buffered() == 5);
    const auto flushed = outcome_of(at, writer.flush());

    CHECK(*flushed == 5);
    CHECK(writer.stream().sent == "0123456789abc");
    CHECK(writer.stream().asked == sizes{8, 5});
}

TEST_CASE("a write that is larger than the memory does not pass through it") {
    io::testing::manual_home at;
    io::buffered_writer writer(scripted_sink({10, 8, 9}), 8);

    const auto past = outcome_of(at, writer.write("0123456789"));
    const auto gathered = outcome_of(at, writer.write("abc"));
    const auto both = outcome_of(at, writer.write("defghijklmnopq"));

    CHECK(*past == 10);
    CHECK(*gathered == 3);
    CHECK(*both == 14);
    CHECK(writer.stream().sent == "0123456789abcdefghijklmnopq");
    CHECK(writer.stream().asked == sizes{10, 8, 9});
    CHECK(writer.buffered() == 0);
}

TEST_CASE("a flush of nothing and a write of nothing send nothing") {
    io::testing::manual_home at;
    io::buffered_writer writer(scripted_sink({}), 8);

    CHECK(*outcome_of(at, writer.flush()) == 0);
    CHECK(*outcome_of(at, writer.write({})) == 0);
    CHECK(writer.stream().asked.empty());
}

TEST_CASE("a flush that fails has counted what it sent, and the next one goes on with the rest") {
    io::testing::manual_home at;
    io::buffered_writer writer(
        scripted_sink({3, io::transfer(broken, 2), io::transfer(broken, 0), 0, 3}), 16);
    CHECK(*outcome_of(at, writer.write("01234567")) == 8);

    const auto partly = outcome_of(at, writer.flush());
    const auto nothing = outcome_of(at, writer.flush());
    const auto stuck = outcome_of(at, writer.flush());
    const auto rest = outcome_of(at, writer.flush());

    CHECK(partly.error() == broken);
    CHECK(partly.count() == 5);
    CHECK(nothing.count() == 0);
    CHECK(stuck.error() == std::errc::io_error);
    CHECK(*rest == 3);
    CHECK(writer.stream().sent == "01234567");
}

TEST_CASE("a write that fails has counted what it took, gathered or sent, and a retry goes on") {
    io::testing::manual_home at;
    const std::string_view text = "0123456789abcdefghijklm";
    io::buffered_writer writer(scripted_sink({io::transfer(broken, 5), 3, io::transfer(broken, 4),
                                              io::transfer(broken, 0), 8, 4}),
                               8);
    CHECK(*outcome_of(at, writer.write("-")) == 1);
    std::size_t taken = 0;
    int failures = 0;

    while (taken < text.size()) {
        const auto step = outcome_of(at, writer.write(text.substr(taken)));
        taken += step.count();
        failures += !step;
    }
    while (!outcome_of(at, writer.flush())) ++failures;

    CHECK(taken == text.size());
    CHECK(failures == 3);
    CHECK(writer.stream().sent == "-0123456789abcdefghijklm");
}

TEST_CASE("given up at any byte and tried again, each byte arrives once and in order") {
    const std::string_view text = "0123456789abcdefghi";
    for (const bool by_deadline : {false, true}) {
        for (std::size_t before = 0; before < text.size() + 1; ++before) {
            dripping drip;
            std::size_t taken = 0;
            const auto work = [&]() -> io::task<io::transfer> {
                const auto written = co_await drip.writer.write(text.substr(taken));
                taken += written.count();
                if (!written) co_return written;
                co_return co_await drip.writer.flush();
            };
            const auto limited = [&]() -> io::task<io::transfer> {
                co_return co_await io::within(5ms, work());
            };
            {
                running first(drip.at, limited());
                drip.at.run_until_idle();
                drip.take(before);
                REQUIRE(first.done() == (before >= text.size() - 1));
                if (!by_deadline) first.cancel();
                drip.at.advance(5ms);
                const auto outcome = first.take();
                CHECK((before >= text.size() - 1) == !outcome.error());
            }

            running again(drip.at, work());
            drip.at.run_until_idle();
            drip.take(2 * text.size());

            CHECK(again.take());
            CHECK(drip.arrived == text);
        }
    }
}

TEST_CASE("after a write or a flush that was destroyed as it waited the writer is torn") {
    for (std::size_t before = 0; before < 10; ++before) {
        dripping drip;
        {
            running dies(drip.at, drip.writer.write("0123456789abcdefghij"));
            drip.at.run_until_idle();
            drip.take(before);
            REQUIRE(!dies.done());
        }

        CHECK(outcome_of(drip.at, drip.writer.write("x")).error() == io::error::torn);
        CHECK(outcome_of(drip.at, drip.writer.flush()).error() == io::error::torn);
    }
}

TEST_CASE("two writes at the same time are a mistake") {
    CHECK(dies_with("buffered_writer: two writes at the same time", [] {
        dripping drip;
        running one(drip.at, drip.writer.write("0123456789"));
        running other(drip.at, drip.writer.flush());
        drip.at.run_until_idle();
    }));
}
