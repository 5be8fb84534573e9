#include "bench/rivals/fio.hpp"

#include <chrono>
#include <cstdlib>

#include "bench/echo/child.hpp"
#include "bench/harness.hpp"

namespace bench {

std::vector<std::string> arguments_of(const fio_plan& plan) {
    std::vector<std::string> all{"--name=pages",
                                 "--bs=4k",
                                 "--ioengine=io_uring",
                                 "--randrepeat=1",
                                 "--norandommap",
                                 "--thread",
                                 "--gtod_reduce=1",
                                 "--output-format=json",
                                 plan.writes ? "--rw=randwrite" : "--rw=randread",
                                 "--filename=" + plan.path,
                                 "--iodepth=" + std::to_string(plan.depth),
                                 "--iodepth_batch_complete_min=1",
                                 "--iodepth_batch_complete_max=" + std::to_string(plan.depth),
                                 "--iodepth_batch=" + std::to_string(plan.depth),
                                 "--size=" + std::to_string(plan.megabytes) + "m",
                                 "--number_ios=" + std::to_string(plan.pages),
                                 "--io_size=" + std::to_string(plan.pages * 4) + "k"};
    // Others write the same bytes each time.
    if (plan.writes) all.emplace_back("--scramble_buffers=0");
    all.emplace_back(plan.direct ? "--direct=1" : "--direct=0");
    if (!plan.direct) all.emplace_back("--invalidate=0");
    if (plan.fixed) {
        all.emplace_back("--fixedbufs=1");
        all.emplace_back("--registerfiles=1");
    }
    return all;
}

double run_fio(const fio_plan& plan) {
    const std::string path = path_of("fio");
    if (path.empty()) throw unavailable("fio is not installed (Debian: fio)");
    child running(path, arguments_of(plan), -1);
    // A device may be slow; who waits for it can press Ctrl-C.
    const std::string text = running.output(std::chrono::hours(1));
    // In the first job's report: what it read, and what it wrote.
    const std::size_t done = text.find(plan.writes ? "\"write\"" : "\"read\"");
    const std::size_t iops = text.find("\"iops\"", done);
    if (done == std::string::npos || iops == std::string::npos)
        throw unavailable("fio cannot work here");
    const double per_second = std::strtod(text.c_str() + text.find(':', iops) + 1, nullptr);
    if (per_second <= 0) throw unavailable("fio did nothing");
    return 1e9 / per_second;
}

}  // namespace bench
