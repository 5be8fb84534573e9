#include "bench/runner.hpp"

#include <unistd.h>

#include <csignal>
#include <ostream>
#include <thread>
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
