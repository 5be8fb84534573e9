#include <ostream>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "tests/faulty_enter.hpp"
#include "tests/older_kernel.hpp"

/// LARIAT_FAULTY_ENTER=seed: the ring's system call fails at random, one call in ten.
/// LARIAT_PRETEND_KERNEL=6.1: nothing that is newer than that release is used.
int main(int count, char** words) {
    doctest::Context context(count, words);
    fail_enter_at_random_if_asked();
    pretend_older_kernel_if_asked();
    return context.run();
}
