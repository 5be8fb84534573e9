#pragma once

#include "aio/op/guarded_descriptor.hpp"
#include "aio/stream/copied.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Moves bytes from one descriptor to another through a pipe of the kernel, until the source ends
/// or something fails, and tells `progress`. Where the kernel cannot (invalid_argument) it returns
/// with the copy not over; then, as after a failure, what was in the pipe is held by `progress`.
/// Lifetime: the owners of the descriptors, and `progress`, outlive the task.
/// Source: splice(2).
task<> splice_all(lent_descriptor source, lent_descriptor sink, copy_progress& progress);

}  // namespace lariat
