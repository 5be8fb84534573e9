#include <array>
#include <random>
#include <string_view>
#include <vector>

#include "aio/stream.hpp"
#include "aio/testing/transport_trial.hpp"
#include "runtime/error.hpp"

// Rules about bytes that go through a connection.

namespace lariat::testing {
namespace {

using namespace std::chrono_literals;

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

task<> bytes_go_both_ways(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    co_await on.expect_exchange(*on.near, *on.far);
    on.expect(on.near->is_open() && on.far->is_open(), "an end is not open");
    on.expect_success(on.near->local_address(), "an open end has no local address");
    on.expect_success(on.near->peer_address(), "an open end has no peer's address");
}

task<> one_byte_is_enough(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    std::array<std::byte, 1000> room;
    auto sending = [&]() -> task<> {
        co_await pass_by(6);
        const auto sent = co_await on.near->send("x");
        on.expect_success(sent, "a send failed");
    };
    const auto both = co_await when_all(on.far->receive(room), sending());
    const transfer& got = std::get<0>(both);
    if (!on.expect_success(got, "a receive failed")) co_return;
    on.expect(*got == 1 && room[0] == std::byte('x'), "one byte did not complete a receive");
}

task<> empty_is_not_the_end(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    const std::array<buffer_view, 2> no_room{};
    const std::array<const_buffer_view, 2> nothing{};
    const auto got = co_await on.far->receive({});
    const auto scattered = co_await on.far->receive_scattered(no_room);
    const auto sent = co_await on.near->send({});
    const auto gathered = co_await on.near->send_gathered(nothing);
    for (const transfer& each : {got, scattered, sent, gathered})
        on.expect(each && each.count() == 0, "an empty buffer did not yield 0");
    co_await on.expect_exchange(*on.near, *on.far);
}

task<> zero_means_done(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    std::array<std::byte, 10> last_words, room{};
    fill_pattern(last_words, 0);
    const auto sent = co_await write_all(*on.near, last_words);
    on.expect_success(sent, "a send failed");
    on.near->close();
    const auto got = co_await read_exactly(*on.far, room);
    on.expect(got && room == last_words, "what was sent before the end did not arrive");
    const auto end = co_await on.far->receive(room);
    on.expect(end && *end == 0, "a receive after the peer was done did not yield 0");
    const auto again = co_await on.far->receive(room);
    on.expect(again && *again == 0, "the end was told only once");
}

task<> half_a_close(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    std::array<std::byte, 6> room{};
    const auto asked = co_await write_all(*on.near, "ask");
    on.expect_success(asked, "a send failed");
    const auto ended = co_await on.near->shutdown(direction::send);
    on.expect_success(ended, "the sending direction could not be ended");
    const auto question = co_await read_exactly(*on.far, std::span(room).first(3));
    on.expect(question && as_text(std::span(room).first(3)) == "ask", "the question was lost");
    const auto end = co_await on.far->receive(room);
    on.expect(end && *end == 0, "the peer was not told that the direction ended");
    const auto answered = co_await write_all(*on.far, "answer");
    on.expect_success(answered, "the other direction ended as well");
    const auto answer = co_await read_exactly(*on.near, room);
    on.expect(answer && as_text(room) == "answer", "the answer was lost");
}

/// The far end has received all that the near end has sent.
task<> expect_no_more(transport_trial& on) {
    std::array<std::byte, 1> room;
    const bool ends = on.world.traits().ends;
    if (ends) on.near->close();
    const auto more = co_await on.far->receive(room, ends ? forever : long_enough);
    on.expect(more.count() == 0, "more arrived than was sent");
}

task<> dribbles(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    constexpr std::size_t count = 300;
    auto sending = [&]() -> task<> {
        for (std::size_t i = 0; i < count; ++i) {
            std::array<std::byte, 1> byte;
            fill_pattern(byte, i);
            const auto sent = co_await on.near->send(byte);
            on.expect(sent && *sent == 1, "a send of one byte failed");
            if (i % 3 == 0) co_await pass_by(2);
        }
    };
    auto receiving = [&]() -> task<std::size_t> {
        std::array<std::byte, 1> byte;
        std::size_t got = 0;
        while (got < count) {
            const auto step = co_await on.far->receive(byte);
            if (!step || *step == 0 || !has_pattern(byte, got)) break;
            ++got;
        }
        co_return got;
    };
    const auto both = co_await when_all(sending(), receiving());
    on.expect(std::get<1>(both) == count, "bytes that dribble did not arrive in order");
    co_await expect_no_more(on);
}

task<> several_buffers(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    constexpr std::size_t count = 1000;
    std::array<std::byte, count> text, got{};
    fill_pattern(text, 0);
    auto sending = [&]() -> task<> {
        std::size_t sent = 0;
        while (sent < count) {
            const auto rest = std::span<const std::byte>(text).subspan(sent);
            const auto middle = rest.size() / 3;
            const std::array<const_buffer_view, 4> pieces{rest.first(middle), const_buffer_view(),
                                                          rest.subspan(middle, 1),
                                                          rest.subspan(middle + 1)};
            const auto step = co_await on.near->send_gathered(pieces);
            if (!on.expect_success(step, "a gathered send failed")) co_return;
            sent += *step;
        }
    };
    auto receiving = [&]() -> task<> {
        std::size_t received = 0;
        while (received < count) {
            const auto rest = std::span(got).subspan(received);
            const auto middle = rest.size() / 2;
            const std::array<buffer_view, 3> pieces{buffer_view(), rest.first(middle),
                                                    rest.subspan(middle)};
            const auto step = co_await on.far->receive_scattered(pieces);
            if (!on.expect_success(step, "a scattered receive failed") || *step == 0) co_return;
            received += *step;
        }
    };
    co_await when_all(sending(), receiving());
    on.expect(got == text, "what went through several buffers came out of order");
}

/// FNV-1a over all that passes.
class running_hash {
  public:
    void add(std::span<const std::byte> bytes) noexcept {
        for (const std::byte each : bytes)
            value_ = (value_ ^ static_cast<std::uint64_t>(each)) * 0x100000001b3;
    }
    friend bool operator==(running_hash, running_hash) noexcept = default;

  private:
    std::uint64_t value_ = 0xcbf29ce484222325;
};

constexpr std::size_t longest_piece = 70'000;

task<running_hash> send_many(transport_end& by, std::size_t total, std::uint64_t seed,
                             bool then_ends) {
    std::mt19937_64 random(seed);
    std::vector<std::uint64_t> words(longest_piece / 8 + 1);
    running_hash all;
    for (std::size_t sent = 0; sent < total;) {
        for (auto& each : words) each = random();
        const auto piece = std::min<std::size_t>(total - sent, 1 + random() % longest_piece);
        const auto bytes = std::as_bytes(std::span(words)).first(piece);
        const auto step = co_await write_all(by, bytes);
        all.add(bytes.first(step.count()));
        sent += step.count();
        if (!step) break;
    }
    if (then_ends) (void)co_await by.shutdown(direction::send);
    co_return all;
}

task<std::pair<running_hash, std::size_t>> receive_many(transport_end& by, std::size_t total,
                                                        std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::byte> room(longest_piece);
    running_hash all;
    std::size_t got = 0;
    while (got < total) {
        const auto piece = std::span(room).first(1 + random() % longest_piece);
        const auto step = co_await by.receive(piece);
        if (!step || *step == 0) break;
        all.add(piece.first(*step));
        got += *step;
    }
    co_return std::pair(all, got);
}

task<> many_bytes(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    const auto total = on.options.bulk;
    const auto seed = on.options.seed;
    const bool ends = on.world.traits().half_close;
    const auto all = co_await when_all(
        send_many(*on.near, total, seed, ends), receive_many(*on.far, total, seed + 1),
        send_many(*on.far, total, seed + 2, ends), receive_many(*on.near, total, seed + 3));
    const auto& [there, back] = std::pair(std::get<1>(all), std::get<3>(all));
    on.expect(there.second == total && back.second == total, "bytes were lost");
    on.expect(there.first == std::get<0>(all) && back.first == std::get<2>(all),
              "bytes were changed");
}

task<> stays_within_its_limit(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    const std::array<std::byte, 100> text{};
    const auto sent = co_await write_all(*on.near, text);
    on.expect_success(sent, "a send failed");
    if (on.world.traits().ends) on.near->close();
    const auto all = co_await read_to_end(*on.far, 99);
    on.expect_error(all.error(), make_error_code(error::limit_exceeded),
                    "more than the limit was taken");
}

task<> silence_harms_nobody(transport_trial& on) {
    const bool connected = co_await on.connect();
    if (!connected) co_return;
    auto others = co_await on.another_pair();
    if (!others.first) co_return;
    std::array<std::byte, 4> room;
    const auto silent = co_await on.far->receive(room, 5ms);
    on.expect_error(silent.error(), make_error_code(error::timed_out),
                    "a receive from a silent peer had no limit");
    co_await on.expect_exchange(*others.first, *others.second);
    co_await on.expect_exchange(*on.near, *on.far);
}

constexpr transport_rule stream_rule_table[] = {
    {"what one end sends the other receives, both ways", bytes_go_both_ways},
    {"at least one byte completes a receive", one_byte_is_enough},
    {"an empty buffer yields 0 and is not the end", empty_is_not_the_end},
    {"zero bytes mean that the peer is done, after all it sent", zero_means_done,
     &transport_traits::ends},
    {"after one direction ended the other goes on", half_a_close, &transport_traits::half_close},
    {"bytes that are sent and received one by one arrive in order", dribbles},
    {"several buffers are sent and filled in their order", several_buffers},
    {"many bytes arrive as they were sent, both ways at once", many_bytes},
    {"what is received to the end stays within its limit", stays_within_its_limit},
    {"a peer that is silent harms nobody", silence_harms_nobody},
};

}  // namespace

std::span<const transport_rule> stream_rules() noexcept { return stream_rule_table; }

}  // namespace lariat::testing
