#include "runtime/intrusive_list.hpp"

#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "tests/dies_with.hpp"

using lariat::intrusive_list;
using lariat::list_hook;

namespace {

struct other_tag;

struct item : list_hook<>, list_hook<other_tag> {
    explicit item(char what) : name(what) {}
    list_hook<>& hook() { return *this; }
    char name;
};

std::string names(intrusive_list<item>& list) {
    std::string all;
    list.for_each([&](item& each) { all += each.name; });
    return all;
}

}  // namespace

TEST_CASE("a list keeps the order in which elements came") {
    item a('a'), b('b'), c('c');
    intrusive_list<item> list;

    list.push_back(b.hook());
    list.push_back(c.hook());
    list.push_front(a.hook());

    CHECK(names(list) == "abc");
    CHECK(list.front().name == 'a');
    CHECK(list.back().name == 'c');
}

TEST_CASE("popping yields the ends, and null when nothing is left") {
    item a('a'), b('b'), c('c');
    intrusive_list<item> list;
    for (item* each : {&a, &b, &c}) list.push_back(each->hook());

    CHECK(list.pop_front() == &a);
    CHECK(list.pop_back() == &c);
    CHECK(list.pop_front() == &b);

    CHECK(list.pop_front() == nullptr);
    CHECK(list.pop_back() == nullptr);
    CHECK(list.empty());
    CHECK(!a.hook().linked());
}

TEST_CASE("an element leaves without knowing its list") {
    item a('a'), b('b'), c('c');
    intrusive_list<item> list;
    for (item* each : {&a, &b, &c}) list.push_back(each->hook());

    b.hook().unlink();

    CHECK(names(list) == "ac");
    CHECK(!b.hook().linked());
    list.push_back(b.hook());
    CHECK(names(list) == "acb");
}

TEST_CASE("splicing moves all elements to the end, in their order") {
    item a('a'), b('b'), c('c'), d('d');
    intrusive_list<item> first;
    intrusive_list<item> second;
    first.push_back(a.hook());
    first.push_back(b.hook());
    second.push_back(c.hook());
    second.push_back(d.hook());

    first.splice_back(second);

    CHECK(names(first) == "abcd");
    CHECK(second.empty());
    first.splice_back(second);
    CHECK(names(first) == "abcd");
    second.push_back(first.pop_front()->hook());
    CHECK(names(second) == "a");
}

TEST_CASE("a visitor may unlink the element it is given") {
    item a('a'), b('b'), c('c');
    intrusive_list<item> list;
    for (item* each : {&a, &b, &c}) list.push_back(each->hook());

    list.for_each([](item& each) {
        if (each.name != 'b') each.hook().unlink();
    });

    CHECK(names(list) == "b");
}

TEST_CASE("an element is in one list for each tag") {
    item a('a');
    intrusive_list<item> list;
    intrusive_list<item, other_tag> other;

    list.push_back(a.hook());
    other.push_back(a);

    CHECK(&list.front() == &other.front());
    CHECK(list.pop_front() == &a);
    CHECK(!other.empty());
}

TEST_CASE("putting an element into a second list is caught") {
    const bool caught = dies_with("already in a list", [] {
        item a('a');
        intrusive_list<item> first;
        intrusive_list<item> second;
        first.push_back(a.hook());
        second.push_back(a.hook());
    });

    CHECK(caught);
}
