#pragma once

#include <cstdint>
#include <string>

namespace bench {

struct fio_plan {
    std::string path;
    std::uint64_t depth;
    std::uint64_t reads;      ///< Of 4 KiB, at random.
    std::uint64_t megabytes;  ///< Of the file.
    bool direct;
    bool fixed;  ///< Registered buffers and file.
};

/// Lets fio read with its io_uring engine, in a process of its own.
/// Returns: nanoseconds per read, from fio's own count of reads per second.
/// Errors: throws `unavailable` when fio is not installed or says nothing that can be read.
double fio_reads(const fio_plan& plan);

}  // namespace bench
