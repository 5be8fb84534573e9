// The README's examples of generators, limits on how many run, ticks and channels, and what tries
// them.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "aio/op/file.hpp"
#include "aio/op/pipe.hpp"
#include "aio/stream.hpp"
#include "runtime/as_completed.hpp"
#include "runtime/channel.hpp"
#include "runtime/concurrent_channel.hpp"
#include "runtime/generator.hpp"
#include "runtime/interval.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/select.hpp"
#include "runtime/sleep.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// The lines of what is open, each read when it is asked for.
io::generator<std::string> lines(io::descriptor file) {
    std::string rest;
    char chunk[4096];
    for (;;) {
        const auto got = co_await io::read{.file = file, .buffer = chunk};
        if (!got || *got == 0) break;
        rest.append(chunk, *got);
        for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
            co_yield rest.substr(0, end);
            rest.erase(0, end + 1);
        }
    }
    if (!rest.empty()) co_yield rest;
}

io::task<std::size_t> longest_line(io::descriptor file) {
    std::size_t longest = 0;
    auto all = lines(std::move(file));
    while (auto line = co_await all.next()) longest = std::max(longest, line->size());
    co_return longest;
}

io::task<io::result<int>> square(int number) {
    co_await io::or_return(co_await io::sleep_for(number * 1ms));
    co_return number* number;
}

/// At most four run at once; each is added when it is done.
io::task<int> sum_of_squares(std::vector<int> numbers) {
    io::as_completed<io::result<int>> squares({.most_running = 4});
    for (const int number : numbers) squares.spawn(square, number);
    int sum = 0;
    while (auto next = co_await squares.next()) sum += next->value ? *next->value : 0;
    co_return sum;
}

/// Once each period, however long the work takes: a tick that comes late tells how many it is.
io::task<int> work_regularly(std::chrono::milliseconds period, int periods,
                             std::function<void()> work) {
    io::interval ticks(period);
    int worked = 0;
    for (int passed = 0; passed < periods; ++worked) {
        const auto tick = co_await ticks.next();
        if (!tick) break;  // cancelled
        passed += static_cast<int>(*tick);
        work();
    }
    co_return worked;
}

/// What comes from two sides, as it comes: neither is favoured, and one thing is taken at a time.
io::task<std::string> merge(io::channel<std::string>& words, io::channel<int>& numbers) {
    std::string merged;
    for (;;) {
        auto next = co_await io::select(words.receive(), numbers.receive(), io::sleep_for(1s));
        if (next.index == 2) break;  // nothing came for a second
        if (auto& word = next.get<0>()) merged += *word + ' ';
        if (auto& number = next.get<1>()) merged += std::to_string(*number) + ' ';
        if (words.closed() && numbers.closed() && words.size() + numbers.size() == 0) break;
    }
    co_return merged;
}

/// On a thread of its own.
io::task<> count(io::concurrent_channel<int>& numbers, int most) {
    for (int number = 1; number <= most; ++number) {
        const auto sent = co_await numbers.send(number);
        if (!sent) break;  // closed on the other side
    }
    numbers.close();
}

io::task<int> sum_from_another_thread(int most) {
    io::concurrent_channel<int> numbers(4);
    std::jthread counting([&numbers, most] { io::run(count(numbers, most)); });
    int sum = 0;
    while (auto number = co_await numbers.receive()) sum += *number;
    numbers.close();  // if this task is cancelled, the other one ends as well
    co_return sum;
}

io::task<io::result<bool>> try_all() {
    auto ends = co_await io::or_return(co_await io::pipe{});
    co_await io::or_return(co_await io::write_all(ends.writer, "one\nfour teen\n\nlast"));
    ends.writer = {};
    const auto longest = co_await longest_line(std::move(ends.reader));
    const std::vector<int> numbers{5, 4, 3, 2, 1};
    const auto sum = co_await sum_of_squares(numbers);
    int calls = 0;
    const auto worked = co_await work_regularly(1ms, 3, [&calls] { ++calls; });
    io::channel<std::string> words(2);
    io::channel<int> digits(2);
    (void)words.try_send("one");
    (void)words.try_send("two");
    (void)digits.try_send(1);
    (void)digits.try_send(2);
    words.close();
    digits.close();
    const auto merged = co_await merge(words, digits);
    const auto counted = co_await sum_from_another_thread(100);
    const bool good = merged.size() == 12 && counted == 5050 && longest == 9 && sum == 55 &&
                      worked == calls && calls >= 1 && calls <= 3;
    co_return good;
}

}  // namespace

int main() {
    const auto good = io::run(try_all());
    if (!good) std::cerr << "concurrency: " << good.error().message() << '\n';
    return good && *good ? 0 : 1;
}
