#pragma once

namespace bench {

/// From here on the first Ctrl-C asks for the end of the round that runs, the second one for an end
/// at once, as SIGTERM does; what is done is still printed and written. The third one ends the
/// program. Those that came before are forgotten.
void watch_for_interrupt();

/// Whether no further round is to begin.
bool ending() noexcept;

/// Whether nothing more is to be waited for.
bool interrupted() noexcept;

/// Thrown by a subject that stopped early because of it.
struct interruption {};

}  // namespace bench
