#include "bench/report/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace bench {
namespace {

/// Before that, what was used says little of what is to come.
constexpr double least_share = 0.01;

std::string clock_text(double seconds) {
    const long all = static_cast<long>(seconds + 0.5);
    char text[40];
    if (all >= 3600)
        std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", all / 3600, all / 60 % 60, all % 60);
    else
        std::snprintf(text, sizeof text, "%ld:%02ld", all / 60, all % 60);
    return text;
}

std::size_t columns_of_terminal() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

}  // namespace

double progress::share() const noexcept {
    if (workloads == 0) return 0;
    // The round that is thrown away is one more.
    const double all =
        std::max(rounds + 1, 1) * static_cast<double>(std::max<std::size_t>(turns, 1));
    const double done = (round + 1) * static_cast<double>(turns) + static_cast<double>(turn);
    const double inside = std::clamp(done / all, 0.0, 1.0);
    return (static_cast<double>(workload) + inside) / static_cast<double>(workloads);
}

std::string progress_text(const progress& now, std::chrono::steady_clock::duration used,
                          std::size_t columns) {
    std::string text = "[" + std::to_string(now.workload + 1) + "/" +
                       std::to_string(now.workloads) + "] " + std::string(now.title) + ": " +
                       std::string(now.subject) + ", ";
    if (now.round < 0)
        text += "first round, which does not count";
    else
        text += "round " + std::to_string(now.round + 1) + " of " + std::to_string(now.rounds);
    const double share = now.share();
    if (now.ending) {
        text += ", the last one; Ctrl-C again ends at once";
    } else if (share >= least_share) {
        const double seconds = std::chrono::duration<double>(used).count();
        text += ", about " + clock_text(seconds * (1 - share) / share) + " left";
    }
    // A line that is wrapped could not be taken back.
    return text.substr(0, columns == 0 ? 0 : columns - 1);
}

progress_line::progress_line() : terminal_(isatty(STDERR_FILENO) == 1) {}

void progress_line::show(const progress& now) {
    if (!terminal_) return;
    const auto used = std::chrono::steady_clock::now() - start_;
    const std::string text = progress_text(now, used, columns_of_terminal());
    std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
    shown_ = true;
}

void progress_line::clear() {
    if (!shown_) return;
    std::fputs("\r\x1b[K", stderr);
    shown_ = false;
}

}  // namespace bench
