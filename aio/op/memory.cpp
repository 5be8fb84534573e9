#include "aio/op/memory.hpp"

#include <liburing.h>

#include <limits>

#include "runtime/check.hpp"

namespace lariat {

void advise_memory::prepare(io_uring_sqe& entry) const noexcept {
    check(memory.size() <= std::numeric_limits<std::uint32_t>::max(),
          "advise_memory: more than 4 GiB at once");
    io_uring_prep_madvise(&entry, memory.data(), static_cast<off_t>(memory.size()), advice);
}

}  // namespace lariat
