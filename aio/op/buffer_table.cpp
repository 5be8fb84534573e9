#include "aio/op/buffer_table.hpp"

#include <errno.h>
#include <liburing.h>

#include <system_error>

#include "runtime/error.hpp"
#include "runtime/ring.hpp"

namespace lariat {
namespace {

// The kernel's own limit.
constexpr std::size_t most_places = 16384;

ring& ring_of(home& at) {
    check(at.kernel(), "buffer_table: made without a scheduler");
    return *at.kernel();
}

}  // namespace

buffer_table::buffer_table(std::size_t places)
    : home_(home::current()), ring_(ring_of(home_)), places_(places) {
    if (places > most_places) throw std::system_error(kernel_error(EINVAL), "buffer_table");
    free_.reserve(places);
    for (std::size_t place = places; place > 0; --place)
        free_.push_back(static_cast<std::uint16_t>(place - 1));
    io_uring_rsrc_register request{};
    request.nr = static_cast<unsigned>(places);
    request.flags = IORING_RSRC_REGISTER_SPARSE;
    const int outcome = ring_.register_with(IORING_REGISTER_BUFFERS2, &request, sizeof request);
    if (outcome < 0) throw std::system_error(kernel_error(-outcome), "buffer_table");
}

buffer_table::~buffer_table() {
    check(free_.size() == places_, "buffer_table: destroyed while buffers are registered in it");
    ring_.register_with(IORING_UNREGISTER_BUFFERS, nullptr, 0);
}

result<registered_buffer> buffer_table::add(buffer_view memory) noexcept {
    if (memory.empty()) return kernel_error(EINVAL);
    if (free_.empty()) return kernel_error(ENOBUFS);
    const std::uint16_t place = free_.back();
    if (const int outcome = update(place, memory); outcome < 0) return kernel_error(-outcome);
    free_.pop_back();
    return registered_buffer(*this, registered_buffer::view_of(memory, place));
}

void buffer_table::remove(std::uint16_t place) noexcept {
    check(home_.on_this_thread(), "a registered buffer was given up on another thread");
    update(place, {});
    free_.push_back(place);
}

int buffer_table::update(std::uint16_t place, buffer_view memory) noexcept {
    io_uring_rsrc_update2 request{};
    request.offset = place;
    request.data = reinterpret_cast<std::uint64_t>(&memory);
    request.nr = 1;
    return ring_.register_with(IORING_REGISTER_BUFFERS_UPDATE, &request, sizeof request);
}

}  // namespace lariat
