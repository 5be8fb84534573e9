#include "aio/testing/transport_suite.hpp"

#include <array>

#include "aio/stream.hpp"
#include "aio/testing/transport_trial.hpp"
#include "runtime/scheduler.hpp"

namespace lariat::testing {

task<bool> transport_trial::listen() {
    auto made = co_await world.listen();
    const bool good = expect_success(made, "it cannot listen");
    if (good) door = *std::move(made);
    co_return good;
}

task<bool> transport_trial::connect() {
    if (world.traits().listens) {
        const bool listens = co_await listen();
        if (!listens) co_return false;
    }
    auto ends = co_await another_pair();
    near = std::move(ends.first);
    far = std::move(ends.second);
    co_return near != nullptr;
}

task<transport_ends> transport_trial::another_pair() {
    transport_ends ends;
    if (!door) {
        auto pair = co_await world.pair();
        if (expect_success(pair, "it cannot make a pair")) ends = *std::move(pair);
        co_return ends;
    }
    const duration enough = std::chrono::seconds(10);
    auto both = co_await when_all(world.dial(*door, enough), door->accept(enough));
    auto& [dialed, accepted] = both;
    const bool good =
        expect_success(dialed, "it cannot dial") && expect_success(accepted, "it cannot accept");
    if (good) ends = {*std::move(dialed), *std::move(accepted)};
    co_return ends;
}

namespace {

task<> expect_one_way(transport_trial& on, transport_end& from, transport_end& to) {
    std::array<std::byte, 100> sent, got{};
    fill_pattern(sent, 7);
    const auto both = co_await when_all(write_all(from, sent), read_exactly(to, got));
    on.expect_success(std::get<0>(both), "a connection does not send");
    on.expect_success(std::get<1>(both), "a connection does not receive");
    on.expect(got == sent, "a connection changed what went through it");
}

/// Returns: how many bytes have the pattern, up to the first that has not.
std::size_t pattern_prefix(std::span<const std::byte> bytes, std::size_t from) noexcept {
    std::size_t count = 0;
    while (count < bytes.size() && has_pattern(bytes.subspan(count, 1), from + count)) ++count;
    return count;
}

}  // namespace

task<> transport_trial::expect_exchange(transport_end& one, transport_end& other) {
    co_await expect_one_way(*this, one, other);
    co_await expect_one_way(*this, other, one);
}

task<> pass_by(int steps) {
    for (int step = 0; step < steps; ++step) {
        co_await yield();
        if (step % 2 == 1) (void)co_await nop{};
    }
}

void fill_pattern(std::span<std::byte> bytes, std::size_t offset) noexcept {
    for (std::byte& each : bytes) {
        each = static_cast<std::byte>(offset * 131 + (offset >> 8) * 17);
        ++offset;
    }
}

bool has_pattern(std::span<const std::byte> bytes, std::size_t offset) noexcept {
    for (const std::byte each : bytes) {
        if (each != static_cast<std::byte>(offset * 131 + (offset >> 8) * 17)) return false;
        ++offset;
    }
    return true;
}

task<std::size_t> send_until_full(transport_end& by) {
    std::vector<std::byte> piece(65536);
    std::size_t sent = 0;
    for (;;) {
        fill_pattern(piece, sent);
        const auto step = co_await by.send(piece, long_enough);
        sent += step.count();
        if (!step) co_return sent;
    }
}

task<std::size_t> receive_pattern(transport_end& by) {
    std::vector<std::byte> piece(65536);
    std::size_t got = 0;
    for (;;) {
        const auto step = co_await by.receive(piece);
        if (!step || *step == 0) co_return got;
        const auto came = std::span(piece).first(*step);
        if (!has_pattern(came, got)) co_return got + pattern_prefix(came, got);
        got += *step;
    }
}

task<std::size_t> receive_all_of(transport_trial& on, std::size_t sent) {
    if (on.world.traits().ends) {
        on.near->close();
        co_return co_await receive_pattern(*on.far);
    }
    std::vector<std::byte> piece(65536);
    std::size_t got = 0;
    for (;;) {
        const auto step = co_await on.far->receive(piece, got < sent ? forever : long_enough);
        const auto good = pattern_prefix(std::span(piece).first(step.count()), got);
        got += good;
        if (!step || good != step.count()) co_return got;
    }
}

namespace {

task<result<void>> limited_rule(const transport_rule& rule, transport_trial& on) {
    auto outcome = co_await within(on.options.patience, rule.test(on));
    on.near.reset();
    on.far.reset();
    on.door.reset();
    co_return outcome;
}

bool is_asked_for(const transport_rule& rule, std::string_view only) noexcept {
    return std::string_view(rule.sentence).find(only) != only.npos;
}

void try_rule(const transport_rule& rule, transport_world_maker make,
              const transport_suite_options& options, transport_report& report) {
    const auto world = make();
    const std::size_t before = report.failures.size();
    transport_trial on(*world, options, rule.sentence, report.failures);
    if (rule.calls_by) ring::replace_enter(rule.calls_by);
    const auto ended = run(limited_rule(rule, on));
    if (rule.calls_by) ring::replace_enter(nullptr);
    on.expect_success(ended, "it did not come to an end");
    if (report.failures.size() == before) ++report.kept;
}

}  // namespace

transport_report run_transport_suite(transport_world_maker make, transport_suite_options options) {
    transport_report report;
    const transport_traits can = make()->traits();
    const auto try_all = [&](std::span<const transport_rule> rules, bool apply) {
        for (const transport_rule& each : rules) {
            if (!is_asked_for(each, options.only)) continue;
            if (!apply || (each.needs && !(can.*each.needs)))
                report.left_out.push_back(each.sentence);
            else
                try_rule(each, make, options, report);
        }
    };
    try_all(stream_rules(), true);
    try_all(stream_end_rules(), true);
    try_all(listener_rules(), can.listens);
    try_all(dial_rules(), can.listens);
    return report;
}

}  // namespace lariat::testing
