#pragma once

#include <cstdint>
#include <vector>

#include "bench/raw/ring.hpp"

namespace bench::raw {

struct nop_chain {
    std::uint64_t left;
};

/// Each chain submits again when its completion comes; one system call for all that came together.
inline void run_nop_chains(ring& ring, std::vector<nop_chain>& chains, std::uint64_t each) {
    const auto submit = [&ring](nop_chain& next) {
        io_uring_sqe* sqe = ring.entry();
        io_uring_prep_nop(sqe);
        io_uring_sqe_set_data(sqe, &next);
    };
    for (nop_chain& next : chains) {
        next.left = each;
        submit(next);
    }
    for (std::size_t running = chains.size(); running != 0;) {
        ring.enter(1);
        ring.reap([&](const io_uring_cqe& cqe) {
            nop_chain& next = *static_cast<nop_chain*>(io_uring_cqe_get_data(&cqe));
            if (--next.left != 0)
                submit(next);
            else
                --running;
        });
    }
}

}  // namespace bench::raw
