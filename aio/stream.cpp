#include "aio/stream.hpp"

#include <algorithm>
#include <new>

namespace lariat {
namespace {

// A page: most requests and small files fit, and doubling from it soon reaches what a file needs.
constexpr std::size_t first_room = 4096;

}  // namespace

bool transfer_progress::advance(const transfer& step, std::error_code if_nothing) noexcept {
    const std::size_t count = so_far_.count() + step.count();
    if (!step)
        so_far_ = transfer(step.error(), count);
    else if (step.count() == 0)
        so_far_ = transfer(if_nothing, count);
    else
        so_far_ = transfer(count);
    return step && step.count() != 0;
}

result<buffer_view> growing_buffer::room() noexcept {
    if (used_ == bytes_.size()) {
        const std::size_t most = limit_ == SIZE_MAX ? limit_ : limit_ + 1;
        const std::size_t wanted = std::max(first_room, 2 * bytes_.size());
        try {
            bytes_.resize(std::min(most, wanted));
        } catch (const std::exception&) {
            return std::make_error_code(std::errc::not_enough_memory);
        }
    }
    return buffer_view(bytes_).drop_first(used_);
}

std::error_code growing_buffer::advance(std::size_t count) noexcept {
    used_ += count;
    if (used_ > limit_) return make_error_code(error::limit_exceeded);
    return {};
}

std::vector<std::byte> growing_buffer::take() && noexcept {
    bytes_.resize(used_);
    return std::move(bytes_);
}

task<transfer> read_exactly(descriptor_ref file, buffer_view buffer) {
    descriptor_stream stream{file};
    co_return co_await read_exactly(stream, buffer);
}

task<transfer> write_all(descriptor_ref file, const_buffer_view buffer) {
    descriptor_stream stream{file};
    co_return co_await write_all(stream, buffer);
}

task<result<std::vector<std::byte>>> read_to_end(descriptor_ref file, std::size_t limit) {
    descriptor_stream stream{file};
    co_return co_await read_to_end(stream, limit);
}

}  // namespace lariat
