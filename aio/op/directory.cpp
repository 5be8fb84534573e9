#include "aio/op/directory.hpp"

#include <liburing.h>

namespace lariat {

void rename::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_renameat(&entry, from_directory.process_number(), from.text(),
                           to_directory.process_number(), to.text(), flags);
}

void unlink::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_unlinkat(&entry, directory.process_number(), path.text(), flags);
}

void make_directory::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_mkdirat(&entry, directory.process_number(), path.text(), mode);
}

void symbolic_link::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_symlinkat(&entry, target.text(), directory.process_number(), path.text());
}

void hard_link::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_linkat(&entry, from_directory.process_number(), from.text(),
                         to_directory.process_number(), to.text(), flags);
}

}  // namespace lariat
