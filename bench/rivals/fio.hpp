#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct fio_plan {
    std::string path;
    std::uint64_t depth;
    std::uint64_t pages;      ///< Of 4 KiB, at random places.
    std::uint64_t megabytes;  ///< Of the file.
    bool direct;
    bool fixed;           ///< Registered buffers and file.
    bool writes = false;  ///< Instead of reads.
};

/// What fio is told.
std::vector<std::string> arguments_of(const fio_plan& plan);

/// Lets fio read or write with its io_uring engine, in a process of its own.
/// Returns: nanoseconds per page, from fio's own count per second.
/// Errors: throws `unavailable` when fio is not installed or says nothing that can be read, and
/// `interruption` on Ctrl-C.
double run_fio(const fio_plan& plan);

}  // namespace bench
