#include "tests/older_kernel.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "runtime/capabilities.hpp"

void pretend_older_kernel_if_asked() {
    const char* asked = std::getenv("LARIAT_PRETEND_KERNEL");
    if (!asked) return;
    lariat::kernel_version release;
    if (std::sscanf(asked, "%d.%d", &release.major, &release.minor) != 2) {
        std::cerr << "LARIAT_PRETEND_KERNEL is a release as 6.1, not " << asked << '\n';
        std::exit(2);
    }
    std::cout << "as if on Linux " << asked << std::endl;
    lariat::pretend_kernel(release);
}
