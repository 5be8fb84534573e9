#include "aio/transport/pipe.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lariat {
namespace {

bool may_signal(const descriptor& file) noexcept {
    struct ::stat status{};
    if (::fstat(file.number(), &status) < 0) return true;
    return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode);
}

}  // namespace

output_stream::output_stream(descriptor file) {
    if (!may_signal(file)) how_ = write_waiting::hush::needless;
    file_ = guarded_descriptor(std::move(file));
}

result<pipe_streams> pipe_streams::open() {
    int numbers[2];
    if (::pipe2(numbers, O_CLOEXEC) < 0) return kernel_error(errno);
    auto reader = descriptor::adopt(numbers[0]);
    auto writer = descriptor::adopt(numbers[1]);
    return pipe_streams{input_stream(std::move(reader)), output_stream(std::move(writer))};
}

}  // namespace lariat
