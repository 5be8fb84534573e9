#pragma once

#include <liburing.h>

#include <cstdint>
#include <cstring>

/// Returns: the entry as a description fills it. Entries are used again, so it starts out full of
/// what an earlier operation may have left.
template <class Call>
io_uring_sqe prepared(const Call& call) {
    io_uring_sqe entry;
    std::memset(&entry, 0xff, sizeof entry);
    call.prepare(entry);
    return entry;
}

/// The same as the entry of a multishot.
template <class Call>
io_uring_sqe prepared_multishot(const Call& call) {
    io_uring_sqe entry;
    std::memset(&entry, 0xff, sizeof entry);
    call.prepare_multishot(entry);
    return entry;
}

/// What a description that uses no extra field must have cleared.
inline bool is_clean(const io_uring_sqe& entry) {
    return entry.flags == 0 && entry.ioprio == 0 && entry.buf_index == 0 &&
           entry.personality == 0 && entry.file_index == 0;
}

inline std::uint64_t address_of(const void* memory) {
    return reinterpret_cast<std::uint64_t>(memory);
}
