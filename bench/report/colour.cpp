#include "bench/report/chart.hpp"

#include <array>

#include "bench/report/row.hpp"

namespace bench {
namespace {

// Different in brightness too: a page may be printed in black.
constexpr std::array blues{our_colour, "#3f8fd8", "#7db9ee", "#0b2f57", "#a9d3f5"};
constexpr std::array greys{"#707070", "#a3a3a3", "#484848", "#c4c4c4"};
constexpr std::array others{"#c2571a", "#7a4b9a", "#2e7d5b", "#b8962a", "#a33b52", "#5d7a1f"};

enum class kind { ours, by_hand, rival };

kind kind_of(const std::string& subject) {
    if (is_ours(subject)) return kind::ours;
    for (const char* start : {"raw", "direct", "poll_first", "epoll"}) {
        if (subject.starts_with(start)) return kind::by_hand;
    }
    return kind::rival;
}

std::string colour_of(kind which, std::size_t before) {
    switch (which) {
        case kind::ours:
            return blues[before % blues.size()];
        case kind::by_hand:
            return greys[before % greys.size()];
        case kind::rival:
            return others[before % others.size()];
    }
    return "";
}

}  // namespace

std::vector<std::string> colours_of(const std::vector<std::string>& subjects) {
    std::array<std::size_t, 3> before{};
    std::vector<std::string> colours;
    for (const std::string& subject : subjects) {
        const kind which = kind_of(subject);
        colours.push_back(colour_of(which, before[static_cast<std::size_t>(which)]++));
    }
    return colours;
}

}  // namespace bench
