#include "aio/op/receive_zero_copy.hpp"

#include <liburing.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/multishot.hpp"
#include "runtime/capabilities.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/dies_with.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;

namespace {

constexpr std::uint32_t page = 4096;

template <class Body>
auto run_wide(Body& body) {
    io::scheduler_options options;
    options.ring.wide = true;
    return io::run(body(), options);
}

/// The kernel's side of a refill ring.
class refills_seen {
  public:
    explicit refills_seen(std::span<std::byte> shared) : shared_(shared) {}

    std::uint32_t offered() const { return word(1) - word(0); }

    /// Returns: the place that was given back first.
    std::uint64_t take() {
        const std::size_t entries = (shared_.size() - page) / 16;
        std::uint64_t place = 0;
        std::memcpy(&place, &shared_[page + word(0) % entries * 16], sizeof place);
        const std::uint32_t next = word(0) + 1;
        std::memcpy(shared_.data(), &next, sizeof next);
        return place;
    }

  private:
    std::uint32_t word(std::size_t number) const {
        std::uint32_t value = 0;
        std::memcpy(&value, &shared_[number * sizeof value], sizeof value);
        return value;
    }

    std::span<std::byte> shared_;
};

/// What a card's answer looks like, from a nop that says what it is told to. Linux 6.18.
struct card_answer {
    static constexpr const char* name = "card_answer";
    static constexpr unsigned chosen_result = 1U << 0;  // IORING_NOP_INJECT_RESULT
    static constexpr unsigned wide_answer = 1U << 5;    // IORING_NOP_CQE32

    io::zero_copy_pool& pool;
    std::uint64_t place;
    unsigned length;

    void prepare(io_uring_sqe& entry) const noexcept {
        io_uring_prep_nop(&entry);
        entry.rw_flags = chosen_result | wide_answer;
        entry.len = length;
        entry.off = place;
        pool.expect_answers();
    }
    io::zero_copy_buffer value(io::completion_event event) const noexcept {
        return pool.take(event);
    }
};

io::operation<card_answer> operator co_await(card_answer call) noexcept {
    return io::operation<card_answer>(call);
}

/// Returns: whether the kernel can play a card.
io::task<bool> can_pretend(io::zero_copy_pool& pool) {
    const auto tried = co_await card_answer{.pool = pool, .place = 0, .length = 1};
    co_return static_cast<bool>(tried);
}

std::string text_of(const io::zero_copy_buffer& buffer) {
    return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

/// An entry has no place in a coroutine's frame.
void check_entry(io::zero_copy_pool& pool) {
    const auto entry = prepared_multishot(io::receive_zero_copy{.socket = 5, .pool = pool});
    io::completion_event never_submitted{-ECANCELED, 0};
    pool.heard(never_submitted);

    CHECK((entry.opcode == 58 && entry.fd == 5 && entry.flags == 0));
    CHECK(entry.ioprio == IORING_RECV_MULTISHOT);
    CHECK((entry.addr == 0 && entry.len == 0 && entry.off == 0));
    CHECK(entry.file_index == pool.number());
}

std::error_code why_not(const std::string& interface, bool wide) {
    std::error_code why;
    auto body = [&]() -> io::task<> {
        try {
            io::zero_copy_options options;
            options.interface = interface;
            const io::zero_copy_pool pool(options);
        } catch (const std::system_error& refused) {
            why = refused.code();
        }
        co_return;
    };
    if (wide)
        run_wide(body);
    else
        run_body(body);
    return why;
}

}  // namespace

TEST_CASE("receive_zero_copy: the entry names the card's queue, and answers many times") {
    auto body = []() -> io::task<> {
        io::zero_copy_pool pool(io::card_queue(1));
        check_entry(pool);
        co_return;
    };

    run_wide(body);
}

TEST_CASE("receive_zero_copy: memory goes back in order, until the kernel has to take some") {
    io::card_queue queue(std::size_t{2} * page);
    refills_seen kernel(queue.refills());

    const std::array<bool, 3> given{queue.give_back(0, 1), queue.give_back(page, 2),
                                    queue.give_back(7, 3)};
    const auto first = kernel.take();
    const bool given_then = queue.give_back(7, 3);

    CHECK(given == std::array<bool, 3>{true, true, false});
    CHECK(first == 0);
    CHECK(given_then);
    CHECK(kernel.take() == page);
    CHECK(kernel.take() == 7);
    CHECK(kernel.offered() == 0);
}

TEST_CASE(
    "receive_zero_copy: an answer is a view of the memory that it names, which then goes back") {
    auto body = []() -> io::task<> {
        io::card_queue queue(std::size_t{4} * page);
        refills_seen kernel(queue.refills());
        const auto memory = queue.memory();
        io::zero_copy_pool pool(std::move(queue));
        if (!co_await can_pretend(pool)) {
            MESSAGE("skipped: this kernel's nop cannot answer as a card does");
            co_return;
        }
        std::ignore = kernel.take();
        std::memcpy(&memory[page + 10], "hello", 5);
        // What stands before the place names the memory.
        const std::uint64_t place = (std::uint64_t{3} << 48) | (page + 10);

        auto got = co_await card_answer{.pool = pool, .place = place, .length = 5};
        CHECK(text_of(*got) == "hello");
        CHECK(pool.held() == 1);
        CHECK(!pool.complete());
        auto kept = *std::move(got);
        CHECK(kernel.offered() == 0);
        kept = {};
        CHECK(pool.complete());
        CHECK(kernel.take() == page + 10);
    };

    run_wide(body);
}

TEST_CASE(
    "receive_zero_copy: what has no room in the way back goes later, each as often as it came") {
    auto body = []() -> io::task<> {
        io::card_queue queue(std::size_t{2} * page);
        refills_seen kernel(queue.refills());
        io::zero_copy_pool pool(std::move(queue));
        if (!co_await can_pretend(pool)) {
            MESSAGE("skipped: this kernel's nop cannot answer as a card does");
            co_return;
        }
        std::ignore = kernel.take();
        std::vector<io::zero_copy_buffer> held;
        for (const std::uint32_t place : {0U, page, page + 100, page + 200, 50U})
            held.push_back(*co_await card_answer{.pool = pool, .place = place, .length = 10});

        held.clear();
        CHECK(pool.complete());
        CHECK(kernel.offered() == 2);
        std::array<int, 2> returned{};
        for (int count = 0; count < 4; ++count) {
            ++returned[kernel.take() / page];
            // Each answer is an occasion.
            std::ignore = co_await card_answer{.pool = pool, .place = 0, .length = 0};
        }
        CHECK(kernel.offered() == 1);
        ++returned[kernel.take() / page];
        CHECK(returned == std::array<int, 2>{2, 3});
    };

    run_wide(body);
}

TEST_CASE("receive_zero_copy: what is done wrong with a pool is named") {
    auto held_too_long = []() -> io::task<> {
        auto pool = std::make_unique<io::zero_copy_pool>(io::card_queue(page));
        io::completion_event answer{1, 0};
        pool->expect_answers();
        pool->heard(answer);
        const auto kept = pool->take(pool->next_piece(answer));
        pool.reset();
        co_return;
    };
    auto used_too_long = []() -> io::task<> {
        auto pool = std::make_unique<io::zero_copy_pool>(io::card_queue(page));
        pool->expect_answers();
        pool.reset();
        co_return;
    };

    CHECK(dies_with("while buffers of it are held", [&] { run_wide(held_too_long); }));
    CHECK(dies_with("while an operation may take from it", [&] { run_wide(used_too_long); }));
    CHECK(dies_with("no scheduler runs on this thread",
                    [] { const io::zero_copy_pool pool{io::card_queue{page}}; }));
}

TEST_CASE("receive_zero_copy: what cannot be says why") {
    CHECK(why_not("no-such-card", true) == std::errc::no_such_device);
    CHECK(why_not("lo", false) == std::errc::function_not_supported);
    CHECK_THROWS_AS(io::card_queue(0), std::system_error);
    CHECK_THROWS_AS(io::card_queue(std::size_t{1} << 32), std::system_error);
    const auto loopback = why_not("lo", true);
    MESSAGE("the loopback device: " << loopback.message());
    CHECK(loopback);
}

TEST_CASE("receive_zero_copy: a connection is read through a card") {
    const char* const card = std::getenv("LARIAT_ZERO_COPY_CARD");
    if (!card) {
        MESSAGE(
            "skipped: no card was named that parts headers from data, in LARIAT_ZERO_COPY_CARD");
        return;
    }
    const auto ends = make_tcp_pair();
    put(ends.second, "without a copy");
    REQUIRE(::shutdown(ends.second.number(), SHUT_WR) == 0);
    std::string all;
    auto body = [&]() -> io::task<> {
        io::zero_copy_options options;
        options.interface = card;
        io::zero_copy_pool pool(options);
        io::multishot arriving(io::receive_zero_copy{.socket = ends.first, .pool = pool});
        auto got = co_await arriving.next();
        for (; got; got = co_await arriving.next()) all += text_of(*got);
        CHECK(got.error() == io::error::end_of_stream);
    };

    run_wide(body);

    CHECK(all == "without a copy");
}
