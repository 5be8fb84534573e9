#include "aio/op/close.hpp"

#include <liburing.h>

#include <utility>

namespace lariat {

void close::prepare(io_uring_sqe& entry) const noexcept { io_uring_prep_close(&entry, file); }

bool close_operation::launch() noexcept {
    // Begun as if on no strand: one that is cancelled already must not refuse it.
    strand* const line = std::exchange(strand_, nullptr);
    const bool begun = begin_on_strand();
    strand_ = line;
    ring& kernel = current_ring();
    if (!begun || !defer(nullptr, nullptr)) return end_launch();
    kernel.start(*this);
    return end_launch();
}

void close_operation::describe(wait_report& report) const {
    aio::describe(report);
    report.name = close::name;
    report.provider = "kernel";
    report.descriptor = call_.file;
}

}  // namespace lariat
