#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/harness.hpp"
#include "bench/statistics.hpp"

namespace bench {

/// One subject's turn, which is about to begin.
struct turn_of_round {
    const subject& who;
    int round;  ///< Of those that count, from 0; negative: thrown away.
    std::size_t turn;
    std::size_t turns;
};

/// How thoroughly to measure, and whom.
struct plan {
    int rounds = 15;
    bool smoke = false;
    std::vector<std::string> subjects = {};  ///< Patterns; empty: all.
};

/// What the rounds of one subject come to.
struct figures {
    std::string_view subject = {};
    spread per_item = {};
    std::vector<double> rounds = {};     ///< Per item, one for each round.
    std::optional<double> cpu;           ///< Nanoseconds per item of the measuring thread.
    std::optional<cpu_time> cpu_parts;   ///< The same in the program and in the kernel.
    std::optional<double> allocations;   ///< Per item; empty where they cannot be counted.
    std::optional<double> system_calls;  ///< Per item; empty where they are not counted.
    /// Medians of the rounds; of those named `max_...`, the largest.
    std::vector<std::pair<std::string, double>> notes;
    std::vector<std::pair<std::string, spread>> note_spreads = {};  ///< Of those that are medians.
    std::optional<spread> ratio;      ///< To the reference; empty for itself, and without it.
    std::vector<double> ratios = {};  ///< The same, one for each round.
    std::string missing;              ///< Why there are no figures; empty when there are.
    bool failed = false;              ///< Also with figures, of the rounds before.
    std::string failure = {};         ///< Why there are no more rounds, where there are some.
};

struct outcome {
    const workload* measured;
    parameters with;
    std::vector<figures> subjects;
};

/// Is told of each turn. What it does is not measured.
using observer = std::function<void(const turn_of_round&)>;

/// Who runs when in a round, by number. As many rounds as there are subjects, or twice as many
/// where their number is odd, let each of them follow each other one equally often.
std::vector<std::size_t> order_of(std::size_t subjects, std::size_t round);

/// Runs the subjects in turn, round by round, so that what disturbs the machine disturbs all of
/// them. A first round is thrown away. Ctrl-C ends it early; whole rounds count. A subject that
/// fails runs no more; its rounds before that count, and so do all of the others.
outcome measure(const workload& work, const parameters& with, const plan& how,
                const observer& watch = {});

/// Runs one subject once, with no warm-up, for a tool that counts instructions.
void run_exactly(const workload& work, const subject& who, const parameters& with,
                 std::uint64_t items);

}  // namespace bench
