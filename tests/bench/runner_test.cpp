#include "bench/runner.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "bench/interrupt.hpp"

namespace {

std::vector<std::string> calls;

void note(const bench::job& work, bench::meter& figures, double nanoseconds) {
    calls.emplace_back(work.subject);
    figures.record(work.items, nanoseconds * static_cast<double>(work.items));
}

void floor_of_ten(const bench::job& work, bench::meter& figures) {
    note(work, figures, 10);
    figures.system_calls(work.items * 2);
    const auto items = static_cast<double>(work.items);
    figures.cpu(8e5 * items, {6e5 * items, 2e5 * items});
}

void twice_that(const bench::job& work, bench::meter& figures) {
    note(work, figures, 20);
    figures.note("p50_ns", 7);
}

void grows_with_each_call(const bench::job& work, bench::meter& figures) {
    note(work, figures, 20);
    figures.note("max_ns", static_cast<double>(calls.size()));
    figures.note("p99_ns", static_cast<double>(calls.size()));
}

void takes_no_time(const bench::job& work, bench::meter& figures) { note(work, figures, 0); }

/// In the round that is thrown away and two more it works.
void breaks_in_the_third_round(const bench::job& work, bench::meter& figures) {
    if (std::count(calls.begin(), calls.end(), work.subject) == 3)
        throw std::runtime_error("it broke");
    note(work, figures, 40);
}

void absent_after_a_signal(const bench::job& work, bench::meter& figures) {
    note(work, figures, 20);
    if (calls.size() < 5) return;
    std::raise(SIGTERM);
    throw bench::unavailable("a part of it was ended");
}

void absent(const bench::job&, bench::meter&) { throw bench::unavailable("not installed"); }

void broken(const bench::job&, bench::meter&) { throw std::runtime_error("it broke"); }

/// The first turn of the third round, which is the second that counts.
bool is_time_to_signal() { return calls.size() == 5; }

void interrupts(const bench::job& work, bench::meter& figures) {
    note(work, figures, 20);
    if (is_time_to_signal()) std::raise(SIGINT);
}

void terminates(const bench::job& work, bench::meter& figures) {
    note(work, figures, 20);
    if (is_time_to_signal()) std::raise(SIGTERM);
}

void waits_for_nothing_more(const bench::job& work, bench::meter& figures) {
    if (bench::interrupted()) throw bench::interruption{};
    note(work, figures, 20);
}

bench::workload made_of(std::vector<bench::subject> subjects) {
    calls.clear();
    bench::watch_for_interrupt();
    return {.name = "made_up",
            .what = "nothing",
            .parameters = {},
            .items = 100,
            .smoke_items = 10,
            .subjects = std::move(subjects)};
}

}  // namespace

TEST_CASE("subjects run in turn, round by round, and begin in turn") {
    const auto work = made_of({{"raw", "", floor_of_ten}, {"lariat", "", twice_that}});

    bench::measure(work, {}, {.rounds = 2, .smoke = true});

    CHECK(calls == std::vector<std::string>{"raw", "lariat", "lariat", "raw"});
}

TEST_CASE("a first round is thrown away") {
    const auto work = made_of({{"raw", "", floor_of_ten}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 3});

    CHECK(calls.size() == 4);
    CHECK(found.subjects.at(0).rounds.size() == 3);
}

TEST_CASE("who watches is told of each turn before it begins, also of those thrown away") {
    const auto work = made_of({{"raw", "", floor_of_ten}, {"lariat", "", twice_that}});
    std::vector<std::string> told;
    const bench::observer watch = [&told](const bench::turn_of_round& now) {
        told.push_back(std::to_string(now.round) + " " + std::to_string(now.turn) + "/" +
                       std::to_string(now.turns) + " " + std::string(now.who.name));
        CHECK(calls.size() == told.size() - 1);
    };

    bench::measure(work, {}, {.rounds = 1}, watch);

    CHECK(told ==
          std::vector<std::string>{"-1 0/2 raw", "-1 1/2 lariat", "0 0/2 lariat", "0 1/2 raw"});
}

TEST_CASE("figures are per item, and the ratio is to the reference") {
    const auto work = made_of({{"raw", "", floor_of_ten}, {"lariat", "", twice_that}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 7});

    const bench::figures& raw = found.subjects.at(0);
    const bench::figures& lariat = found.subjects.at(1);
    CHECK(raw.per_item.median == 10);
    CHECK(raw.system_calls == 2.0);
    CHECK_FALSE(raw.ratio);
    CHECK(lariat.ratio->median == 2);
    CHECK(lariat.ratios == std::vector<double>(7, 2.0));
    CHECK(bench::verdict_of(*lariat.ratio) == "slower");
    CHECK(lariat.notes.at(0).second == 7);
}

TEST_CASE("CPU time is told apart where it was measured, and absent where not") {
    const auto work = made_of({{"raw", "", floor_of_ten}, {"lariat", "", twice_that}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 2});

    CHECK(found.subjects.at(0).cpu == 8e5);
    CHECK(found.subjects.at(0).cpu_parts->user == 6e5);
    CHECK(found.subjects.at(0).cpu_parts->system == 2e5);
    CHECK_FALSE(found.subjects.at(1).cpu);
    CHECK_FALSE(found.subjects.at(1).cpu_parts);
}

TEST_CASE("CPU time of less than ten ticks is not told apart") {
    const auto work = made_of({{"raw", "", floor_of_ten}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 1});

    CHECK(found.subjects.at(0).cpu == 8e5);
    CHECK_FALSE(found.subjects.at(0).cpu_parts);
}

TEST_CASE("a subject that is not there is skipped, one that breaks has failed, others go on") {
    const auto work =
        made_of({{"raw", "", floor_of_ten}, {"rival", "", absent}, {"other", "", broken}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 2});

    CHECK(found.subjects.at(0).missing.empty());
    CHECK(found.subjects.at(1).missing == "not installed");
    CHECK_FALSE(found.subjects.at(1).failed);
    CHECK(found.subjects.at(2).missing == "it broke");
    CHECK(found.subjects.at(2).failed);
}

TEST_CASE("each subject follows each other one equally often") {
    for (const std::size_t subjects : {1U, 2U, 3U, 4U, 5U, 8U, 9U}) {
        CAPTURE(subjects);
        const std::size_t rounds = subjects * (1 + subjects % 2);
        std::map<std::pair<std::size_t, std::size_t>, std::size_t> pairs;
        for (std::size_t round = 0; round < rounds; ++round) {
            const auto order = bench::order_of(subjects, round);
            CHECK(std::set(order.begin(), order.end()).size() == subjects);
            for (std::size_t i = 1; i < order.size(); ++i) ++pairs[{order[i - 1], order[i]}];
        }

        CHECK(pairs.size() == subjects * (subjects - 1));
        for (const auto& [pair, times] : pairs) CHECK(times == rounds / subjects);
    }
}

TEST_CASE("one that fails keeps its rounds, and the others have all of theirs") {
    const auto work = made_of({{"raw", "", breaks_in_the_third_round}, {"lariat", "", twice_that}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 7});

    const bench::figures& raw = found.subjects.at(0);
    const bench::figures& lariat = found.subjects.at(1);
    CHECK(raw.failed);
    CHECK(raw.missing.empty());
    CHECK(raw.failure == "in round 3: it broke");
    CHECK(raw.rounds == std::vector<double>(2, 40));
    CHECK_FALSE(lariat.failed);
    CHECK(lariat.rounds.size() == 7);
    CHECK(lariat.ratios == std::vector<double>(2, 0.5));
    CHECK_FALSE(lariat.ratio->sure);
}

TEST_CASE("what is noted as max is the largest of all rounds, the rest their median") {
    const auto work = made_of({{"raw", "", grows_with_each_call}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 3});

    const auto& notes = found.subjects.at(0).notes;
    CHECK(notes.at(0) == std::pair<std::string, double>("max_ns", 4));
    CHECK(notes.at(1) == std::pair<std::string, double>("p99_ns", 3));
    const auto& spreads = found.subjects.at(0).note_spreads;
    REQUIRE(spreads.size() == 1);
    CHECK(spreads[0].first == "p99_ns");
    CHECK(spreads[0].second.low == 2);
    CHECK(spreads[0].second.high == 4);
}

TEST_CASE("a round that took no time was none") {
    const auto work = made_of({{"raw", "", takes_no_time}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 3});

    CHECK(found.subjects.at(0).failed);
    CHECK(found.subjects.at(0).missing == "measured nothing");
}

TEST_CASE("what a signal takes away is not taken for absent") {
    const auto work = made_of({{"raw", "", absent_after_a_signal}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 100});

    CHECK(calls.size() == 5);
    CHECK(found.subjects.at(0).missing.empty());
    CHECK(found.subjects.at(0).failure.empty());
    CHECK(found.subjects.at(0).rounds.size() == 3);
}

TEST_CASE("after Ctrl-C the round that runs is ended, and no other begins") {
    const auto work = made_of({{"raw", "", interrupts}, {"lariat", "", interrupts}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 100});

    CHECK(bench::ending());
    CHECK_FALSE(bench::interrupted());
    CHECK(calls.size() == 6);
    CHECK(found.subjects.at(0).rounds.size() == 2);
    CHECK(found.subjects.at(1).rounds.size() == 2);
}

TEST_CASE("one that is to end at once has the figures of the whole rounds before") {
    const auto work = made_of({{"raw", "", terminates}, {"lariat", "", waits_for_nothing_more}});

    const bench::outcome found = bench::measure(work, {}, {.rounds = 100});

    CHECK(bench::interrupted());
    CHECK(calls.size() == 5);
    CHECK(found.subjects.at(0).rounds.size() == 1);
    CHECK(found.subjects.at(1).rounds.size() == 1);
}

TEST_CASE("a signal that comes twice at the same time is one") {
    bench::watch_for_interrupt();

    std::raise(SIGINT);
    std::raise(SIGINT);

    CHECK(bench::ending());
    CHECK_FALSE(bench::interrupted());
}

TEST_CASE("without whole rounds there are no figures, and why is said") {
    const auto work = made_of({{"raw", "", floor_of_ten}});
    std::raise(SIGINT);

    const bench::outcome found = bench::measure(work, {}, {.rounds = 100});

    CHECK(found.subjects.at(0).missing == "interrupted before a round was complete");
    CHECK_FALSE(found.subjects.at(0).failed);
}

TEST_CASE("the CPU time of a process and of a thread grows, in the program and in the kernel") {
    const auto process = bench::cpu_time::of_process(getpid());
    const auto thread = bench::cpu_time::of_this_thread();

    while (bench::cpu_time::of_process(getpid()).total() - process.total() < 5e7) {
    }

    const auto spent = bench::cpu_time::of_this_thread() - thread;
    CHECK(spent.total() > 2e7);
    CHECK(bench::cpu_time::of_process(-1).total() == 0);
}

TEST_CASE("what a process has spent counts threads that have ended") {
    const auto before = bench::spent_cpu::of_this_process();

    std::thread([] {
        const auto start = bench::cpu_time::of_this_thread();
        while ((bench::cpu_time::of_this_thread() - start).total() < 5e7) {
        }
    }).join();

    const auto spent = bench::spent_cpu::of_this_process() - before;
    CHECK(spent.nanoseconds > 2e7);
    CHECK(spent.parts.total() > 2e7);
    CHECK((spent + spent).parts.total() == 2 * spent.parts.total());
}
