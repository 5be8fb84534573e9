#include "aio/transport/standard.hpp"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace lariat {
namespace {

template <class Stream>
result<Stream> stream_of(int number) {
    auto copy = descriptor::adopt(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!copy) return kernel_error(errno);
    return Stream(std::move(copy));
}

}  // namespace

result<input_stream> standard_input() { return stream_of<input_stream>(STDIN_FILENO); }
result<output_stream> standard_output() { return stream_of<output_stream>(STDOUT_FILENO); }
result<output_stream> standard_error() { return stream_of<output_stream>(STDERR_FILENO); }

}  // namespace lariat
