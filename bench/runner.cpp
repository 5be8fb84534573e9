#include "bench/runner.hpp"

#include <algorithm>
#include <cmath>
#include <exception>

#include "bench/allocations.hpp"
#include "bench/interrupt.hpp"
#include "bench/pattern.hpp"

namespace bench {
namespace {

struct contestant {
    const subject* who;
    std::vector<meter> rounds;
    std::string missing;
    bool failed = false;
};

bool is_a_time(double per_item) noexcept { return std::isfinite(per_item) && per_item > 0; }

void run_once(contestant& runner, const job& work, bool counts) {
    try {
        meter measured;
        runner.who->run(work, measured);
        if (measured.items() == 0 || !is_a_time(measured.per_item()))
            throw std::runtime_error("measured nothing");
        if (counts) runner.rounds.push_back(std::move(measured));
    } catch (const std::exception& why) {
        // A signal makes system calls fail that otherwise would not have.
        if (ending()) throw interruption{};
        runner.missing = why.what();
        // What ran before is there.
        const bool absent = dynamic_cast<const unavailable*>(&why) != nullptr;
        runner.failed = !absent || !runner.rounds.empty();
    }
}

void run_rounds(std::vector<contestant>& all, const workload& work, const parameters& with,
                const plan& how, const observer& watch) {
    const std::uint64_t items = how.smoke ? work.smoke_items : work.items;
    const int discarded = how.smoke ? 0 : 1;
    for (int round = -discarded; round < how.rounds && !ending(); ++round) {
        std::vector<contestant*> present;
        for (contestant& one : all) {
            if (one.missing.empty()) present.push_back(&one);
        }
        // Nobody always inherits the caches of the same other.
        const std::vector<std::size_t> order =
            order_of(present.size(), static_cast<std::size_t>(round + discarded));
        for (std::size_t turn = 0; turn < order.size(); ++turn) {
            if (interrupted()) throw interruption{};
            contestant& next = *present[order[turn]];
            if (watch) watch({*next.who, round, turn, order.size()});
            run_once(next, {with, next.who->name, items, items / 8 + 1, how.smoke}, round >= 0);
        }
    }
}

template <class Figure>
std::vector<double> collect(const std::vector<meter>& rounds, std::size_t count, Figure figure) {
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(figure(rounds[i]));
    return values;
}

/// At 10 ms each at the most, ten of them: before that the kernel's ticks tell shares by chance.
constexpr double least_for_shares = 1e8;

/// The median of the exact sum, in the shares that all rounds together have: one round is but a few
/// ticks.
std::optional<cpu_time> parts_of(const std::vector<meter>& rounds, std::size_t count, double cpu) {
    cpu_time all;
    for (std::size_t i = 0; i < count; ++i) {
        all.user += rounds[i].cpu_parts().user;
        all.system += rounds[i].cpu_parts().system;
    }
    if (all.total() < least_for_shares) return std::nullopt;
    return cpu_time{cpu * all.user / all.total(), cpu * all.system / all.total()};
}

void add_notes(figures& sum, const std::vector<meter>& rounds, std::size_t count) {
    for (std::size_t i = 0; i < rounds[0].notes().size(); ++i) {
        const std::string& name = rounds[0].notes()[i].first;
        const auto note = [i](const meter& one) { return one.notes().at(i).second; };
        const std::vector<double> values = collect(rounds, count, note);
        if (name.starts_with("max_")) {
            // A median of maxima would be no maximum.
            sum.notes.emplace_back(name, *std::max_element(values.begin(), values.end()));
        } else {
            sum.note_spreads.emplace_back(name, spread_of(values));
            sum.notes.emplace_back(name, sum.note_spreads.back().second.median);
        }
    }
}

figures summarise(const contestant& runner, const contestant* reference, std::size_t whole) {
    figures sum;
    sum.subject = runner.who->name;
    sum.failed = runner.failed;
    const std::size_t rounds = std::min(runner.rounds.size(), whole);
    if (rounds == 0) {
        sum.missing = runner.missing;
        if (sum.missing.empty()) sum.missing = "interrupted before a round was complete";
        return sum;
    }
    if (runner.failed)
        sum.failure =
            "in round " + std::to_string(runner.rounds.size() + 1) + ": " + runner.missing;
    const auto per_item = [](const meter& one) { return one.per_item(); };
    const std::vector<double> times = collect(runner.rounds, rounds, per_item);
    sum.per_item = spread_of(times);
    sum.rounds = times;
    const auto middle = [&](double (meter::*figure)() const noexcept) -> std::optional<double> {
        const auto read = [figure](const meter& one) { return (one.*figure)(); };
        const double median = median_of(collect(runner.rounds, rounds, read));
        return median < 0 ? std::nullopt : std::optional(median);
    };
    sum.cpu = middle(&meter::cpu_per_item);
    if (sum.cpu) sum.cpu_parts = parts_of(runner.rounds, rounds, *sum.cpu);
    sum.system_calls = middle(&meter::system_calls_per_item);
    if (allocations_are_counted) sum.allocations = middle(&meter::allocations_per_item);
    add_notes(sum, runner.rounds, rounds);
    if (reference && reference != &runner && !reference->rounds.empty()) {
        // Both have their rounds from the first one on: what one lacks is at the end.
        const std::size_t shared = std::min(rounds, reference->rounds.size());
        sum.ratios = ratios_of(times, collect(reference->rounds, shared, per_item));
        sum.ratio = spread_of(sum.ratios);
    }
    return sum;
}

}  // namespace

std::vector<std::size_t> order_of(std::size_t subjects, std::size_t round) {
    // Inwards from both ends, 0 1 n-1 2 n-2, all differences between neighbours differ; turned
    // round by round, each has each before it once. Of an odd number they only do so together with
    // their mirror image. (Williams, Australian Journal of Scientific Research, 1949.)
    const bool odd = subjects % 2 == 1;
    const std::size_t turned = odd ? round / 2 : round;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < subjects; ++i) {
        const std::size_t place = i % 2 == 1 ? (i + 1) / 2 : subjects - i / 2;
        order.push_back((place + turned) % subjects);
    }
    if (odd && round % 2 == 1) std::reverse(order.begin(), order.end());
    return order;
}

outcome measure(const workload& work, const parameters& with, const plan& how,
                const observer& watch) {
    std::vector<contestant> all;
    for (const subject& one : work.subjects) {
        if (how.subjects.empty() || matches_any(how.subjects, one.name))
            all.push_back({.who = &one, .rounds = {}, .missing = {}});
    }
    try {
        run_rounds(all, work, with, how, watch);
    } catch (const interruption&) {
        // What whole rounds there are is summed up below.
    }
    std::size_t whole = static_cast<std::size_t>(how.rounds);
    for (const contestant& one : all) {
        if (one.missing.empty()) whole = std::min(whole, one.rounds.size());
    }
    const contestant* reference = nullptr;
    for (const contestant& one : all) {
        if (one.who->name == work.reference) reference = &one;
    }
    outcome sum{&work, with, {}};
    for (const contestant& one : all) sum.subjects.push_back(summarise(one, reference, whole));
    return sum;
}

void run_exactly(const workload&, const subject& who, const parameters& with, std::uint64_t items) {
    meter ignored;
    who.run({with, who.name, items, 0, false}, ignored);
}

}  // namespace bench
