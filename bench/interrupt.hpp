#pragma once

namespace bench {

/// From here on the first Ctrl-C only sets a flag, so that what is done is still printed; the
/// second one ends the program. One that came before is forgotten.
void watch_for_interrupt();

bool interrupted() noexcept;

/// Thrown by a subject that stopped early because of it.
struct interruption {};

}  // namespace bench
