#include "aio/op/receive_zero_copy.hpp"

#include <errno.h>
#include <liburing.h>

#include <system_error>

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/home.hpp"
#include "runtime/kernel_abi.hpp"
#include "runtime/ring.hpp"

namespace lariat {
namespace {

constexpr std::size_t page_size = 4096;

// A place is 48 bits long; what is before it names the memory, of which there is one.
constexpr std::uint64_t place_bits = (std::uint64_t{1} << 48) - 1;

ring& ring_of(home& at) {
    check(at.kernel(), "zero_copy_pool: made without a scheduler");
    return *at.kernel();
}

card_queue registered(const zero_copy_options& options) {
    card_queue queue(options.size);
    queue.register_with(ring_of(home::current()), options);
    return queue;
}

}  // namespace

zero_copy_pool::zero_copy_pool(const zero_copy_options& options)
    : zero_copy_pool(registered(options)) {}

zero_copy_pool::zero_copy_pool(card_queue queue)
    : home_(home::current()),
      ring_(ring_of(home_)),
      queue_(std::move(queue)),
      late_(std::make_unique<std::uint32_t[]>(size() / page_size)) {}

zero_copy_pool::~zero_copy_pool() {
    check(home_.on_this_thread(), "zero_copy_pool: destroyed on another thread");
    check(users_ == 0, "zero_copy_pool: destroyed while an operation may take from it");
    check(held_ == 0, "zero_copy_pool: destroyed while buffers of it are held");
}

void zero_copy_pool::heard(completion_event& answer) noexcept {
    if (!answer.more()) --users_;
    if (answer.result > 0)
        answer.offset = static_cast<std::uint32_t>(ring_.second_half()[0] & place_bits);
    give_back_late();
}

completion_event zero_copy_pool::next_piece(completion_event& answer) noexcept {
    const completion_event piece = answer;
    if (answer.result > 0) ++held_;
    answer.result = 0;
    return piece;
}

zero_copy_buffer zero_copy_pool::take(completion_event piece) noexcept {
    if (piece.result <= 0) return {};
    return {*this, queue_.memory().data() + piece.offset, static_cast<std::size_t>(piece.result)};
}

void zero_copy_pool::let_go(const std::byte* data, std::size_t size) noexcept {
    check(home_.on_this_thread(),
          "a buffer was given back to its zero_copy_pool on another thread");
    const auto place = static_cast<std::uint32_t>(data - queue_.memory().data());
    --held_;
    give_back_late();
    if (late_count_ > 0 || !queue_.give_back(place, static_cast<std::uint32_t>(size))) {
        ++late_[place / page_size];
        ++late_count_;
    }
    came_back();
}

void zero_copy_pool::give_back_late() noexcept {
    for (std::size_t number = 0; late_count_ > 0 && number < size() / page_size; ++number) {
        for (; late_[number] > 0; --late_[number], --late_count_) {
            if (!queue_.give_back(static_cast<std::uint32_t>(number * page_size), page_size))
                return;
        }
    }
}

void receive_zero_copy::prepare_multishot(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(kernel::op_recv_zc, &entry, socket.number(), nullptr, 0, 0);
    entry.flags = socket.entry_flags();
    entry.ioprio = IORING_RECV_MULTISHOT;
    entry.file_index = pool.number();  // The place of zcrx_ifq_idx.
    pool.expect_answers();
}

remedy receive_zero_copy::remedy_for(std::error_code why) noexcept {
    const bool ran_out = why == kernel_error(ENOMEM) || why == kernel_error(ENOBUFS);
    return ran_out ? remedy::wait : remedy::none;
}

}  // namespace lariat
