#include <liburing.h>

#include <bitset>
#include <optional>

#include "runtime/capabilities.hpp"
#include "runtime/ring_setup.hpp"

namespace lariat {
namespace {

constinit std::optional<kernel_version> pretended;

capability_set probe() {
    io_uring shared{};
    set_up_ring(shared, {.entries = 8});
    std::bitset<256> operations;
    if (io_uring_probe* found = io_uring_get_probe_ring(&shared)) {
        for (unsigned opcode = 0; opcode < found->ops_len; ++opcode)
            operations[opcode] = found->ops[opcode].flags & IO_URING_OP_SUPPORTED;
        io_uring_free_probe(found);
    }
    const capability_set all(operations, shared.features);
    io_uring_queue_exit(&shared);
    return pretended ? all.limited_to(*pretended) : all;
}

}  // namespace

const capability_set& capabilities() {
    static const capability_set found = probe();
    return found;
}

void pretend_kernel(kernel_version release) noexcept { pretended = release; }

}  // namespace lariat
