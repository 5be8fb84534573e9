#include <ostream>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "tests/faulty_enter.hpp"

/// LARIAT_FAULTY_ENTER=seed: the ring's system call fails at random, one call in ten.
int main(int count, char** words) {
    doctest::Context context(count, words);
    fail_enter_at_random_if_asked();
    return context.run();
}
