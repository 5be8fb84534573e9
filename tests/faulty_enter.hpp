#pragma once

/// With LARIAT_FAULTY_ENTER=seed in the environment, one call of io_uring_enter in ten fails as
/// the kernel's may: interrupted, out of requests, busy, or after a part of the submission.
void fail_enter_at_random_if_asked();
