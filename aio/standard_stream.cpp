#include "aio/standard_stream.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace lariat {
namespace {

bool may_signal(const descriptor& file) noexcept {
    struct ::stat status{};
    if (::fstat(file.number(), &status) < 0) return true;
    return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode);
}

template <class Stream>
result<Stream> stream_of(int number) {
    auto copy = descriptor::adopt(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!copy) return kernel_error(errno);
    return Stream(std::move(copy));
}

}  // namespace

shared_writer::shared_writer(descriptor file) {
    // A terminal that shows nothing for now must not hold up this thread.
    if (file.is_direct() || ::isatty(file.number()))
        how_ = write_waiting::hush::by_patient_worker;
    else if (!may_signal(file))
        how_ = write_waiting::hush::needless;
    file_ = guarded_descriptor(std::move(file));
}

result<pipe_reader> standard_input() { return stream_of<pipe_reader>(STDIN_FILENO); }
result<shared_writer> standard_output() { return stream_of<shared_writer>(STDOUT_FILENO); }
result<shared_writer> standard_error() { return stream_of<shared_writer>(STDERR_FILENO); }

}  // namespace lariat
