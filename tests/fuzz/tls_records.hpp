#pragma once

#include <cstdint>
#include <span>

/// What came of it.
enum class tls_fuzz_outcome : unsigned char {
    untouched,       ///< The bytes were only split: all was said and heard.
    noticed,         ///< They were tampered with, and a side has failed.
    without_effect,  ///< They were tampered with, and nobody has read what was.
};

/// A client and a server shake hands and talk, and the input says how: what is carried when, in
/// which pieces; what is mangled, dropped, repeated or put in between; who says what.
/// Ends the process if anything false gets through, or an error does not stay.
tls_fuzz_outcome fuzz_tls_records(std::span<const std::uint8_t> input);
