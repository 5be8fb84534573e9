#include <errno.h>
#include <liburing.h>
#include <sys/mman.h>

#include <algorithm>

#include "runtime/kernel_abi.hpp"
#include "runtime/ring_setup.hpp"

namespace lariat {
namespace {

constexpr std::size_t page = 4096;

// Structures that the headers of 6.1 lack.
struct napi_request {  // io_uring_napi, 6.9
    std::uint32_t busy_poll_microseconds;
    std::uint8_t prefer_busy_poll;
    std::uint8_t pad[3];
    std::uint64_t reserved;
};
static_assert(sizeof(napi_request) == 16);

struct region_description {  // io_uring_region_desc, 6.13
    std::uint64_t address;
    std::uint64_t size;
    std::uint32_t flags;
    std::uint32_t id;
    std::uint64_t mmap_offset;
    std::uint64_t reserved[4];
};
static_assert(sizeof(region_description) == 64);

struct region_request {  // io_uring_mem_region_reg, 6.13
    std::uint64_t region;
    std::uint64_t flags;
    std::uint64_t reserved[2];
};
static_assert(sizeof(region_request) == 32);

constexpr std::uint32_t region_is_ours = 1;    // IORING_MEM_REGION_TYPE_USER
constexpr std::uint64_t region_for_waits = 1;  // IORING_MEM_REGION_REG_WAIT_ARG

bool registered(const io_uring& shared, unsigned operation, void* argument,
                unsigned count) noexcept {
    return io_uring_register(static_cast<unsigned>(shared.ring_fd), operation, argument, count) >=
           0;
}

void limit_workers(io_uring& shared, const ring_options& options, ring_extras& into) noexcept {
    if (options.most_file_workers == 0 && options.most_other_workers == 0) return;
    unsigned limits[2] = {options.most_file_workers, options.most_other_workers};
    if (registered(shared, IORING_REGISTER_IOWQ_MAX_WORKERS, limits, 2)) into.note("worker_limits");
}

void poll_network(io_uring& shared, const ring_options& options, ring_extras& into) noexcept {
    if (options.network_polling.count() <= 0) return;
    napi_request request{};
    request.busy_poll_microseconds = static_cast<std::uint32_t>(options.network_polling.count());
    request.prefer_busy_poll = 1;
    if (registered(shared, kernel::register_napi, &request, 1)) into.note("napi");
}

/// The ring is disabled until then: the kernel takes the region only before it runs. Shared: a
/// fork must not leave this process with a copy of a page that the kernel reads.
void register_waits(io_uring& shared, ring_extras& into) noexcept {
    void* const memory = ::mmap(nullptr, page, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return;
    into.wait_memory = static_cast<std::byte*>(memory);
    region_description region{};
    region.address = reinterpret_cast<std::uint64_t>(memory);
    region.size = page;
    region.flags = region_is_ours;
    region_request request{};
    request.region = reinterpret_cast<std::uint64_t>(&region);
    request.flags = region_for_waits;
    if (registered(shared, kernel::register_mem_region, &request, 1)) {
        into.note("registered_waits");
        return;
    }
    ::munmap(memory, page);
    into.wait_memory = nullptr;
}

}  // namespace

ring_extras::~ring_extras() {
    if (wait_memory) ::munmap(wait_memory, page);
}

void add_extras(io_uring& shared, const ring_options& options, const capability_set& can,
                ring_extras& into) noexcept {
    if (options.registered_waits) {
        register_waits(shared, into);
        registered(shared, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
    }
    limit_workers(shared, options, into);
    if (can.since({6, 9})) poll_network(shared, options, into);
    if (!options.waits_for_disk && can.since({6, 15})) {
        into.enter_flags |= kernel::enter_no_iowait;
        into.note("no_iowait");
    }
    // Without a span the kernel would wait for all of them for ever.
    if (options.batch.answers > 1 && options.batch.span.count() > 0 && can.since({6, 12})) {
        into.batch = options.batch;
        into.note("batched_waits");
    }
}

}  // namespace lariat
