#pragma once

namespace lariat {

/// Ends the process after naming the mistake on stderr.
[[noreturn]] void mistake(const char* what) noexcept;

/// A mistake the programmer made is caught in every build; an outcome the world decides is a
/// `result` and never comes here. `what` says what was done wrong, and by which call.
inline void check(bool holds, const char* what) noexcept {
    if (!holds) [[unlikely]]
        mistake(what);
}

}  // namespace lariat
