#include "aio/op/nop.hpp"

#include <liburing.h>

namespace lariat {

void nop::prepare(io_uring_sqe& entry) const noexcept { io_uring_prep_nop(&entry); }

}  // namespace lariat
