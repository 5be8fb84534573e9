#pragma once

/// Hides what is newer than the release in LARIAT_PRETEND_KERNEL, if there is one.
void pretend_older_kernel_if_asked();
