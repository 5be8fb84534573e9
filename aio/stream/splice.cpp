#include "aio/stream/splice.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "aio/aio_group.hpp"
#include "aio/op/grouped.hpp"
#include "aio/op/pipe.hpp"
#include "aio/op/poll.hpp"

namespace lariat {
namespace {

/// One end of the way, and the pipe's end that it meets.
struct end_of_way {
    lent_descriptor outside;
    descriptor_ref from;
    descriptor_ref to;
    std::uint32_t ready;  ///< The events of `outside` that say that it can go on.
};

/// Moves some bytes. A worker thread of the kernel moves them, which must not be kept waiting: what
/// has to be waited for is polled.
task<result<std::size_t>> move_some(const end_of_way& end, std::size_t most) {
    for (;;) {
        auto moved = co_await in_group(
            *end.outside.group,
            splice{.from = end.from, .to = end.to, .size = most, .flags = SPLICE_F_NONBLOCK});
        if (moved || moved.error() != std::errc::resource_unavailable_try_again) co_return moved;
        const auto ready = co_await in_group(*end.outside.group,
                                             poll{.file = end.outside.file, .events = end.ready});
        if (!ready) co_return ready.error();
    }
}

/// What is left in the pipe is held. Its end does not wait.
void drain_pipe(const descriptor& reader, copy_progress& progress) noexcept {
    for (;;) {
        const auto room = progress.room_behind();
        const ssize_t count = ::read(reader.number(), room.data(), room.size());
        if (count > 0)
            progress.hold(static_cast<std::size_t>(count));
        else if (count == 0 || errno != EINTR)
            return;
    }
}

/// Returns: an error that says that it goes no further.
task<std::error_code> move_all(const end_of_way& in, const end_of_way& out,
                               copy_progress& progress) {
    for (;;) {
        const auto came = co_await move_some(in, progress.size());
        if (!came && came.error() != std::errc::invalid_argument)
            progress.failed(copy_side::source, came.error());
        if (!came) co_return came.error();
        if (*came == 0) break;
        for (std::size_t left = *came; left > 0;) {
            auto went = co_await move_some(out, left);
            if (went && *went == 0) went = std::make_error_code(std::errc::io_error);
            if (!went && went.error() != std::errc::invalid_argument)
                progress.failed(copy_side::sink, went.error());
            if (!went) co_return went.error();
            progress.passed(*went);
            left -= *went;
        }
    }
    progress.ended();
    co_return std::error_code();
}

}  // namespace

task<> splice_all(lent_descriptor source, lent_descriptor sink, copy_progress& progress) {
    if (!source.file || !sink.file || progress.over()) co_return;
    const auto ends = co_await pipe{.flags = O_NONBLOCK};
    if (!ends) co_return;  // A copy needs no pipe; if this task was cancelled, it says so.
    aio_group of_nobody;
    if (!source.group) source.group = &of_nobody;
    if (!sink.group) sink.group = &of_nobody;
    const end_of_way in{source, source.file, ends->writer, POLLIN};
    const end_of_way out{sink, ends->reader, sink.file, POLLOUT};
    const auto why = co_await move_all(in, out, progress);
    if (why) drain_pipe(ends->reader, progress);
}

}  // namespace lariat
