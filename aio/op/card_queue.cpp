#include "aio/op/card_queue.hpp"

#include <errno.h>
#include <net/if.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <system_error>

#include "runtime/error.hpp"
#include "runtime/kernel_abi.hpp"
#include "runtime/ring.hpp"

namespace lariat {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t largest = (std::size_t{1} << 32) - page;
constexpr std::uint32_t most_entries = 32768;  // The kernel's own limit.

/// An entry of the refill ring: io_uring_zcrx_rqe.
struct refill {
    std::uint64_t place;
    std::uint32_t length;
    std::uint32_t pad = 0;
};
static_assert(sizeof(refill) == 16);

/// Memory for the refill ring: io_uring_region_desc.
struct region {
    static constexpr std::uint32_t of_the_program = 1;  // IORING_MEM_REGION_TYPE_USER

    std::uint64_t memory;
    std::uint64_t size;
    std::uint32_t flags = of_the_program;
    std::uint32_t id = 0;
    std::uint64_t mmap_offset = 0;
    std::uint64_t reserved[4] = {};
};
static_assert(sizeof(region) == 64);

/// Memory for the card: io_uring_zcrx_area_reg.
struct area {
    std::uint64_t memory;
    std::uint64_t size;
    std::uint64_t token = 0;  // Written by the kernel: what a place in it begins with.
    std::uint32_t flags = 0;
    std::uint32_t dmabuf = 0;
    std::uint64_t reserved[2] = {};
};
static_assert(sizeof(area) == 48);

/// io_uring_zcrx_ifq_reg.
struct registration {
    std::uint32_t interface = 0;
    std::uint32_t queue = 0;
    std::uint32_t entries = 0;
    std::uint32_t flags = 0;
    std::uint64_t area = 0;
    std::uint64_t region = 0;
    // Written by the kernel: where things are in the region, and what it calls all this.
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
    std::uint32_t refills = 0;
    std::uint32_t reserved1 = 0;
    std::uint64_t reserved2[2] = {};
    std::uint32_t number = 0;
    std::uint32_t reserved3 = 0;
    std::uint64_t reserved4[3] = {};
};
static_assert(sizeof(registration) == 96);

std::size_t whole_pages(std::size_t size) {
    if (size == 0 || size > largest) throw std::system_error(kernel_error(EINVAL), "zero copy");
    return (size + page - 1) / page * page;
}

}  // namespace

bool refill_ring::put(std::uint64_t place, std::uint32_t length) noexcept {
    const std::uint32_t tail = *tail_;
    if (tail - __atomic_load_n(head_, __ATOMIC_ACQUIRE) == count_) return false;
    const refill entry{place, length};
    std::memcpy(entries_ + (tail & (count_ - 1)) * sizeof entry, &entry, sizeof entry);
    __atomic_store_n(tail_, tail + 1, __ATOMIC_RELEASE);
    return true;
}

card_queue::card_queue(std::size_t size)
    : size_(whole_pages(size)),
      memory_(map(size_)),
      entries_(std::min(static_cast<std::uint32_t>(std::bit_ceil(size_ / page)), most_entries)),
      shared_(map(page + entries_ * sizeof(refill))) {
    // As the kernel lays it out; it tells when it is registered.
    auto* const words = reinterpret_cast<std::uint32_t*>(shared_.get());
    refill_ = {words, words + 1, shared_.get() + page, entries_};
}

void card_queue::register_with(ring& kernel, const zero_copy_options& options) {
    const unsigned interface = ::if_nametoindex(options.interface.c_str());
    if (interface == 0) throw std::system_error(kernel_error(errno), options.interface);
    if (!kernel.wide() || !kernel.since({6, 15}))
        throw std::system_error(kernel_error(ENOSYS),
                                "zero copy: needs Linux 6.15 and a wide ring, ring_options::wide");
    region shared{reinterpret_cast<std::uint64_t>(shared_.get()), shared_.get_deleter().size};
    area filled{reinterpret_cast<std::uint64_t>(memory_.get()), size_};
    registration request{};
    request.interface = interface;
    request.queue = options.queue;
    request.entries = entries_;
    request.area = reinterpret_cast<std::uint64_t>(&filled);
    request.region = reinterpret_cast<std::uint64_t>(&shared);
    const int outcome = kernel.register_with(kernel::register_zcrx_ifq, &request, 1);
    if (outcome < 0)
        throw std::system_error(kernel_error(-outcome), "zero copy from " + options.interface);
    token_ = filled.token;
    number_ = request.number;
    std::byte* const begin = shared_.get();
    refill_ = {reinterpret_cast<std::uint32_t*>(begin + request.head),
               reinterpret_cast<std::uint32_t*>(begin + request.tail), begin + request.refills,
               request.entries};
}

card_queue::mapped card_queue::map(std::size_t size) {
    void* const memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(kernel_error(errno), "zero copy");
    return mapped(static_cast<std::byte*>(memory), unmap{size});
}

void card_queue::unmap::operator()(std::byte* memory) const noexcept { ::munmap(memory, size); }

}  // namespace lariat
