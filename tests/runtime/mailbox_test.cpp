#include "runtime/mailbox.hpp"

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/stress/rounds.hpp"

namespace {

struct letter final : lariat::runnable {
    letter(std::string& where, char what) : into(where), name(what) {}
    void run() noexcept override {}
    void arrive() noexcept override { into += name; }
    std::string& into;
    char name;
};

/// Notes whether those of one thread arrive in the order of its posts.
struct numbered final : lariat::runnable {
    void run() noexcept override {}
    void arrive() noexcept override {
        in_order = *expected == number;
        ++*expected;
    }
    std::size_t number = 0;
    std::size_t* expected = nullptr;
    bool in_order = false;
};

/// Posts itself again when it arrives.
struct restless final : lariat::runnable {
    explicit restless(lariat::mailbox& where) : box(where) {}
    void run() noexcept override {}
    void arrive() noexcept override {
        if (++arrivals < 3) box.post(*this);
    }
    lariat::mailbox& box;
    int arrivals = 0;
};

}  // namespace

TEST_CASE("what was posted arrives oldest first, when the mailbox is drained") {
    std::string arrived;
    letter a(arrived, 'a'), b(arrived, 'b'), c(arrived, 'c');
    lariat::mailbox box;
    for (letter* each : {&a, &b, &c}) box.post(*each);
    REQUIRE(arrived.empty());
    REQUIRE(!box.empty());

    const unsigned count = box.drain();

    CHECK(count == 3);
    CHECK(arrived == "abc");
    CHECK(box.empty());
    CHECK(box.drain() == 0);
}

TEST_CASE("what is posted during a drain arrives with the next") {
    lariat::mailbox box;
    restless one(box);
    box.post(one);

    CHECK(box.drain() == 1);
    CHECK(one.arrivals == 1);
    CHECK(box.drain() == 1);
    CHECK(box.drain() == 1);
    CHECK(box.drain() == 0);
    CHECK(one.arrivals == 3);
}

TEST_CASE("of several threads nothing is lost, and the posts of each arrive in their order") {
    constexpr std::size_t senders = 3;
    const std::size_t each = rounds(200'000);
    lariat::mailbox box;
    std::vector<std::vector<numbered>> posts(senders);
    std::vector<std::size_t> expected(senders);
    std::vector<std::thread> threads;
    for (std::size_t sender = 0; sender < senders; ++sender) {
        posts[sender] = std::vector<numbered>(each);
        for (std::size_t i = 0; i < each; ++i) {
            posts[sender][i].number = i;
            posts[sender][i].expected = &expected[sender];
        }
    }

    for (auto& own : posts) {
        threads.emplace_back([&] {
            for (auto& post : own) box.post(post);
        });
    }
    std::size_t arrived = 0;
    while (arrived < senders * each) arrived += box.drain();
    for (auto& thread : threads) thread.join();

    std::size_t out_of_order = 0;
    for (const auto& own : posts)
        for (const auto& post : own) out_of_order += !post.in_order;
    CHECK(arrived == senders * each);
    CHECK(out_of_order == 0);
}
