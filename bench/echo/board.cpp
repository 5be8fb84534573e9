#include "bench/echo/board.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace bench {

int make_board() {
    const int descriptor = memfd_create("echo board", 0);
    if (descriptor < 0 || ftruncate(descriptor, sizeof(echo_board)) != 0)
        throw std::system_error(errno, std::generic_category(), "memfd_create");
    return descriptor;
}

echo_board& board_of(int descriptor) {
    void* memory =
        mmap(nullptr, sizeof(echo_board), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    return *static_cast<echo_board*>(memory);
}

}  // namespace bench
