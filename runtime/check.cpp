#include "runtime/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace lariat {

void mistake(const char* what) noexcept {
    std::fprintf(stderr, "lariat: mistake: %s\n", what);
    std::abort();
}

}  // namespace lariat
