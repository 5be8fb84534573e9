#include "aio/op/direct_table.hpp"

#include <liburing.h>

#include <system_error>

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/ring.hpp"

namespace lariat {
namespace {

ring& ring_of(home& at) {
    check(at.kernel(), "direct_table: made without a scheduler");
    return *at.kernel();
}

}  // namespace

direct_table::direct_table(std::size_t places)
    : home_(home::current()), ring_(ring_of(home_)), places_(places) {
    io_uring_rsrc_register request{};
    request.nr = static_cast<unsigned>(places);
    request.flags = IORING_RSRC_REGISTER_SPARSE;
    const int outcome = ring_.register_with(IORING_REGISTER_FILES2, &request, sizeof request);
    if (outcome < 0) throw std::system_error(kernel_error(-outcome), "direct_table");
}

direct_table::~direct_table() {
    check(open_ == 0, "direct_table: destroyed while descriptors of it are open");
    // What was closed last may still wait for its submission.
    ring_.poll();
    ring_.register_with(IORING_UNREGISTER_FILES, nullptr, 0);
}

void direct_table::close(int place) noexcept {
    check(home_.on_this_thread(), "a direct descriptor was closed on another thread");
    --open_;
    ring_.close_direct(static_cast<unsigned>(place));
}

}  // namespace lariat
