// Other programs, as a part of this one: a filter that is fed and read at the same time, a program
// that is talked to line by line, and one that takes too long.
#include <signal.h>

#include <chrono>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "aio/child_process.hpp"
#include "aio/run_process.hpp"
#include "aio/stream.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// A pipeline is the shell's work; what goes in and comes out is ours.
io::task<io::result<std::string>> count_words(std::string_view text) {
    const io::command pipeline{"/bin/sh", "-c",
                               "tr -s ' ' '\\n' | sort | uniq -c | sort -k1,1nr -k2 | head -3"};
    const auto done = co_await io::or_return(
        co_await io::within(10s, io::run_process(pipeline, {.input = text, .own_group = true})));
    if (!done.end.success()) std::cerr << done.end << ": " << done.error_text();
    co_return std::string(done.output_text());
}

/// Asks a program that stays, one line after the other.
class calculator {
  public:
    static io::result<calculator> start() {
        auto child = io::child_process::start(
            {"/bin/sh", "-c", "while read -r line; do echo $(($line)); done"},
            {.input = io::child_stream::piped, .output = io::child_stream::piped});
        if (!child) return child.error();
        return calculator(*std::move(child));
    }

    io::task<io::result<std::string>> ask(std::string question) {
        question += '\n';
        co_await io::or_return(co_await io::write_all(child_.input(), question));
        std::string answer;
        char letter = 0;
        for (;;) {
            co_await io::or_return(
                co_await io::read_exactly(child_.output(), std::span(&letter, 1)));
            if (letter == '\n') co_return answer;
            answer += letter;
        }
    }

    /// It ends by itself when its input does.
    io::task<io::result<io::process_end>> finish() {
        child_.input().close();
        co_return co_await io::within(10s, child_.wait());
    }

  private:
    explicit calculator(io::child_process child) : child_(std::move(child)) {}

    io::child_process child_;
};

io::task<io::result<bool>> calculate() {
    auto helper = co_await io::or_return(calculator::start());
    const auto sum = co_await io::or_return(co_await helper.ask("19 + 23"));
    const auto product = co_await io::or_return(co_await helper.ask(sum + " * 2"));
    const auto end = co_await io::or_return(co_await helper.finish());
    std::cout << "19 + 23 = " << sum << ", twice that " << product << ", then " << end << '\n';
    co_return sum == "42" && product == "84" && end.success();
}

/// When its time is over a program is asked to end, and killed if it does not.
io::task<io::result<bool>> end_one_that_is_slow() {
    auto child = co_await io::or_return(io::child_process::start({"sleep", "1000"}));
    const auto in_time = co_await io::within(50ms, child.wait());
    if (in_time || in_time.error() != io::error::timed_out) co_return false;
    const auto end = co_await io::or_return(co_await child.end(2s));
    std::cout << "sleep was ended: " << end << '\n';
    co_return end.signal() == SIGTERM;
}

io::task<io::result<bool>> try_all() {
    const auto most = co_await io::or_return(co_await count_words("one two three two three three"));
    std::cout << "the most frequent words:\n" << most;
    const bool counted = most == "      3 three\n      2 two\n      1 one\n";
    const bool calculated = co_await io::or_return(co_await calculate());
    const bool ended = co_await io::or_return(co_await end_one_that_is_slow());
    co_return counted&& calculated&& ended;
}

}  // namespace

int main() {
    const auto good = io::run(try_all());
    if (!good) std::cerr << "child_process: " << good.error().message() << '\n';
    return good && *good ? 0 : 1;
}
