// A library that calls back, from a thread of its own, becomes something to await. No class is
// needed: a completion_source is awaited on one side and finished on the other.
#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "aio/completion_source.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

// What the library's header might say: `done` is called once, on some thread, 0 means success.
namespace legacy {

using callback = void (*)(void* context, int status, const char* address);

std::vector<std::jthread> workers;

void look_up(std::string name, callback done, void* context) {
    workers.emplace_back([name = std::move(name), done, context] {
        std::this_thread::sleep_for(name == "slow.example" ? 300ms : 10ms);
        if (name == "unknown.example")
            done(context, 2, nullptr);
        else
            done(context, 0, "192.0.2.7");
    });
}

}  // namespace legacy

namespace {

using answer_handle = io::completion_handle<std::string>;

/// On the library's thread. The pointer is what `release` gave; `adopt` takes it back.
void on_answer(void* context, int status, const char* address) {
    auto answer = answer_handle::adopt(context);
    if (status == 0)
        answer.finish(address);
    else
        answer.fail(std::make_error_code(std::errc::address_not_available));
}

/// Cancel: at once. The library goes on, and its late answer is dropped.
io::task<io::result<std::string>> look_up(std::string_view name) {
    io::completion_source<std::string> answer;
    legacy::look_up(std::string(name), &on_answer, answer.handle().release());
    co_return co_await answer;
}

io::task<bool> try_it() {
    const auto all = co_await io::when_all(look_up("known.example"), look_up("unknown.example"),
                                           io::within(50ms, look_up("slow.example")));
    const auto& [known, unknown, slow] = all;
    std::cout << "known: " << (known ? *known : known.error().message()) << '\n'
              << "unknown: " << unknown.error().message() << '\n'
              << "slow: " << slow.error().message() << '\n';
    const bool good = known && unknown.error() == std::errc::address_not_available &&
                      slow.error() == io::error::timed_out;
    co_return good;
}

}  // namespace

int main() {
    const bool good = io::run(try_it());
    legacy::workers.clear();  // Waits for the answer that nobody waits for any more.
    return good ? 0 : 1;
}
