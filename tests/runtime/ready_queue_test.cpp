#include "runtime/ready_queue.hpp"

#include <optional>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

namespace {

struct letter final : lariat::runnable {
    explicit letter(char what) : name(what) {}
    void run() noexcept override {}
    void leave() { unlink(); }
    char name;
};

std::string pop_all(lariat::ready_queue& queue) {
    std::string order;
    while (lariat::runnable* next = queue.pop()) order += static_cast<letter*>(next)->name;
    return order;
}

}  // namespace

TEST_CASE("what is ready leaves in the order in which it came") {
    letter a('a'), b('b'), c('c');
    lariat::ready_queue queue;
    for (letter* each : {&a, &b, &c}) queue.push(*each);

    CHECK(!queue.empty());
    CHECK(pop_all(queue) == "abc");
    CHECK(queue.empty());
}

TEST_CASE("an interrupted transfer goes ahead of all others") {
    letter a('a'), b('b'), c('c');
    lariat::ready_queue queue;
    queue.push(a);
    queue.push(b);

    queue.push_front(c);

    CHECK(pop_all(queue) == "cab");
}

TEST_CASE("what is queued may leave by itself") {
    letter a('a'), b('b'), c('c');
    lariat::ready_queue queue;
    for (letter* each : {&a, &b, &c}) queue.push(*each);

    b.leave();

    CHECK(pop_all(queue) == "ac");
}

TEST_CASE("what was popped may be queued again") {
    letter a('a'), b('b');
    lariat::ready_queue queue;
    queue.push(a);
    queue.push(b);

    queue.push(*queue.pop());

    CHECK(pop_all(queue) == "ba");
}
