#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

#include "aio/buffer.hpp"
#include "aio/stream.hpp"
#include "aio/stream/copied.hpp"
#include "aio/stream/splice.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

struct copy_options {
    /// Bytes on their way at a time, at most.
    std::size_t size = 64 * 1024;
    /// Where both ends lend their descriptors the kernel moves the bytes, past this process's
    /// memory. Off: a worker thread of the kernel does it, which on the loopback device costs more
    /// than the copy that it saves.
    bool splice = false;
};

/// Moves bytes from a source to a sink, until the source ends. Neither is shut down or closed.
/// Returns: how far it came. Also with an error: whose it is, how many bytes the sink had taken,
/// and those that the source had given and the sink had not taken.
/// Errors: those of both streams; not_enough_memory; canceled, timed_out.
/// Cancel: no byte is lost: what was on its way is in `rest`.
/// Lifetime: the streams outlive the task. Destroyed as it waits, it loses what is on its way.
template <byte_source Source, byte_sink Sink>
task<copied> copy(Source& source, Sink& sink, copy_options options = {}) {
    copy_progress progress(options.size);
    if constexpr (lends_descriptor<Source> && lends_descriptor<Sink>) {
        if (options.splice) co_await splice_all(source.lend(), sink.lend(), progress);
    }
    while (!progress.over()) {
        if (progress.held().empty()) {
            const auto step = co_await source.receive(progress.room());
            progress.received(step);
        } else {
            const auto step = co_await sink.send(progress.held());
            progress.sent(step);
        }
    }
    co_return std::move(progress).outcome();
}

}  // namespace lariat
