#include "aio/op/buffer_pool.hpp"

#include <errno.h>
#include <liburing.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <system_error>

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/kernel_abi.hpp"
#include "runtime/ring.hpp"

namespace lariat {
namespace {

// The kernel's own limit.
constexpr std::size_t most_buffers = 32768;
constexpr std::size_t largest_buffer = 1U << 30;

ring& ring_of(home& at) {
    check(at.kernel(), "buffer_pool: made without a scheduler");
    return *at.kernel();
}

std::uint16_t mask_for(const buffer_pool_options& options) {
    if (options.buffers == 0 || options.buffers > most_buffers || options.size == 0 ||
        options.size > largest_buffer)
        throw std::system_error(kernel_error(EINVAL), "buffer_pool");
    return static_cast<std::uint16_t>(std::bit_ceil(options.buffers) - 1);
}

constexpr std::size_t page = 4096;

/// Returns: bytes of the kernel's ring, in whole pages.
std::size_t size_of_offers(std::size_t buffers) noexcept {
    return (buffers * sizeof(io_uring_buf) + page - 1) / page * page;
}

bool picked(completion_event answer) noexcept { return answer.flags & IORING_CQE_F_BUFFER; }

std::uint16_t number_in(completion_event answer) noexcept {
    return static_cast<std::uint16_t>(answer.flags >> IORING_CQE_BUFFER_SHIFT);
}

}  // namespace

buffer_pool::buffer_pool(buffer_pool_options options)
    : home_(home::current()),
      ring_(ring_of(home_)),
      size_(options.size),
      mask_(mask_for(options)),
      incremental_(options.incremental && ring_.since({6, 12})),
      state_(std::make_unique<buffer[]>(buffers())) {
    void* const memory = ::mmap(nullptr, mapped(), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(kernel_error(errno), "buffer_pool");
    offers_ = static_cast<io_uring_buf_ring*>(memory);
    memory_ = static_cast<std::byte*>(memory) + size_of_offers(buffers());
    try {
        register_with_kernel();
    } catch (...) {
        ::munmap(memory, mapped());
        throw;
    }
    for (std::size_t number = 0; number < buffers(); ++number)
        offer(static_cast<std::uint16_t>(number));
}

buffer_pool::~buffer_pool() {
    check(home_.on_this_thread(), "buffer_pool: destroyed on another thread");
    check(users_ == 0, "buffer_pool: destroyed while an operation may take from it");
    check(std::all_of(&state_[0], &state_[0] + buffers(),
                      [](const buffer& each) { return each.held == 0; }),
          "buffer_pool: destroyed while buffers of it are held");
    io_uring_buf_reg request{};
    request.bgid = group_;
    ring_.register_with(IORING_UNREGISTER_PBUF_RING, &request, 1);
    ::munmap(offers_, mapped());
}

std::size_t buffer_pool::mapped() const noexcept {
    return size_of_offers(buffers()) + buffers() * size_;
}

void buffer_pool::register_with_kernel() {
    io_uring_buf_reg request{};
    request.ring_addr = reinterpret_cast<std::uint64_t>(offers_);
    request.ring_entries = static_cast<std::uint32_t>(buffers());
    request.pad = incremental_ ? kernel::buffer_ring_incremental : std::uint16_t{};
    int outcome = 0;
    // The first name that no other pool of this ring has.
    do {
        request.bgid = group_;
        outcome = ring_.register_with(IORING_REGISTER_PBUF_RING, &request, 1);
    } while (outcome == -EEXIST && ++group_ != 0);
    if (outcome < 0) throw std::system_error(kernel_error(-outcome), "buffer_pool");
}

void buffer_pool::offer(std::uint16_t number) noexcept {
    buffer& one = state_[number];
    one.filled = 0;
    one.offered = true;
    one.place = offers_->tail & mask_;
    io_uring_buf_ring_add(offers_, memory_of(number), static_cast<unsigned>(size_), number, mask_,
                          0);
    io_uring_buf_ring_advance(offers_, 1);
    ++free_;
}

void buffer_pool::let_go(std::uint16_t number) noexcept {
    check(home_.on_this_thread(), "a buffer was given back to its pool on another thread");
    buffer& one = state_[number];
    check(one.held > 0, "buffer_pool: a buffer was given back twice");
    if (--one.held > 0 || one.offered) return;
    offer(number);
    came_back();
}

void buffer_pool::heard(completion_event& answer) noexcept {
    if (!answer.more()) {
        --users_;
        if (!picked(answer) && answer.result != -ENOBUFS && free_ > 0) pass_on();
    }
    if (!picked(answer) || answer.result > 0) return;
    // It was picked for nothing: an error, or the end.
    completion_event none = answer;
    none.result = 0;
    // Some kernels go on with a buffer that they took no byte of, and do not say so.
    if (incremental_ && still_offered(number_in(none)))
        none.flags |= kernel::completion_buffer_more;
    (void)take(next_piece(none));
    answer.flags &= ~static_cast<unsigned>(IORING_CQE_F_BUFFER);
}

bool buffer_pool::still_offered(std::uint16_t number) noexcept {
    struct {
        std::uint32_t group;
        std::uint32_t head = 0;
        std::uint32_t reserved[8] = {};
    } status{group_};
    if (ring_.register_with(kernel::register_pbuf_status, &status, 1) < 0) return false;
    return (status.head & mask_) == state_[number].place;
}

completion_event buffer_pool::next_piece(completion_event& answer) noexcept {
    completion_event piece = answer;
    answer.result = 0;
    if (!picked(piece)) return piece;
    const std::uint16_t number = number_in(piece);
    buffer& one = state_[number];
    const auto room = static_cast<int>(size_ - one.filled);
    piece.offset = one.filled;
    ++one.held;
    if (piece.result > room) {
        answer.result = piece.result - room;
        piece.result = room;
        const std::uint32_t next = offers_->bufs[(one.place + 1U) & mask_].bid;
        answer.flags = (answer.flags & 0xffffU) | next << IORING_CQE_BUFFER_SHIFT;
    }
    one.filled += static_cast<std::uint32_t>(piece.result);
    const bool goes_on =
        answer.result == 0 && (piece.flags & kernel::completion_buffer_more) && incremental_;
    if (!goes_on) {
        one.offered = false;
        --free_;
    }
    return piece;
}

pooled_buffer buffer_pool::take(completion_event piece) noexcept {
    if (!picked(piece)) return {};
    const std::uint16_t number = number_in(piece);
    return {*this, memory_of(number) + piece.offset, static_cast<std::size_t>(piece.result),
            number};
}

}  // namespace lariat
