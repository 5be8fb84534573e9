#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "aio/testing/stream_pair.hpp"
#include "runtime/clock.hpp"
#include "runtime/task.hpp"
#include "runtime/within.hpp"

/// One end of a stream in memory, and a test that sends on the other, piece by piece.
struct fed_stream {
    lariat::testing::manual_home at;
    lariat::testing::stream_pair pair;

    lariat::testing::memory_stream& stream() { return pair.right(); }

    void feed(std::string_view bytes) {
        lariat::testing::running sent(at, send_all(bytes));
        at.run_until_idle();
        REQUIRE(sent.done());
    }

    void end() {
        pair.left().shutdown_send();
        at.run_until_idle();
    }

  private:
    lariat::task<> send_all(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = co_await pair.left().send(bytes);
            REQUIRE(sent);
            bytes.remove_prefix(*sent);
        }
    }
};

/// What a task returns that needs nothing from outside.
template <class T>
T outcome_of(lariat::testing::manual_home& at, lariat::task<T> work) {
    lariat::testing::running ended(at, std::move(work));
    at.run_until_idle();
    REQUIRE(ended.done());
    return ended.take();
}

/// Every way to cut a text in pieces, that of a bit mask: a set bit cuts behind its byte.
inline std::vector<std::string_view> pieces(std::string_view text, std::size_t cuts) {
    std::vector<std::string_view> all;
    std::size_t begin = 0;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        if ((cuts >> i & 1) == 0) continue;
        all.push_back(text.substr(begin, i + 1 - begin));
        begin = i + 1;
    }
    all.push_back(text.substr(begin));
    return all;
}

inline std::size_t ways_to_cut(std::string_view text) {
    return std::size_t{1} << (text.size() - 1);
}

/// How a wait is given up.
enum class give_up { cancel, deadline };

inline constexpr lariat::duration patience = std::chrono::milliseconds(5);

template <class T>
lariat::task<T> patiently(lariat::task<T> work) {
    co_return co_await lariat::within(patience, std::move(work));
}

/// Gives a wait up, and checks that it ends for that reason.
/// Returns: what it yielded.
template <class T>
T given_up(fed_stream& fed, give_up how, lariat::testing::running<T>& wait) {
    if (how == give_up::cancel)
        wait.cancel();
    else
        fed.at.advance(patience);
    fed.at.run_until_idle();
    REQUIRE(wait.done());
    T outcome = wait.take();
    CHECK(outcome.error() ==
          (how == give_up::cancel ? lariat::error::canceled : lariat::error::timed_out));
    return outcome;
}
