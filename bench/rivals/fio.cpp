#include "bench/rivals/fio.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "bench/harness.hpp"

namespace bench {
namespace {

std::string command_of(const fio_plan& plan) {
    std::string line =
        "fio --name=pages --bs=4k --ioengine=io_uring --randrepeat=1 "
        "--norandommap --thread --gtod_reduce=1 --output-format=json";
    line += plan.writes ? " --rw=randwrite" : " --rw=randread";
    line += " --filename=" + plan.path;
    line += " --iodepth=" + std::to_string(plan.depth);
    line += " --iodepth_batch_complete_min=1 --iodepth_batch=" + std::to_string(plan.depth);
    line += " --size=" + std::to_string(plan.megabytes) + "m";
    line += " --number_ios=" + std::to_string(plan.pages);
    line += " --io_size=" + std::to_string(plan.pages * 4) + "k";
    line += plan.direct ? " --direct=1" : " --direct=0 --invalidate=0";
    if (plan.fixed) line += " --fixedbufs=1 --registerfiles=1";
    return line + " 2> /dev/null";
}

std::string output_of(const std::string& command) {
    struct closer {
        void operator()(std::FILE* pipe) const noexcept { pclose(pipe); }
    };
    const std::unique_ptr<std::FILE, closer> pipe(popen(command.c_str(), "r"));
    std::string text;
    char part[4096];
    while (pipe) {
        const std::size_t size = std::fread(part, 1, sizeof part, pipe.get());
        if (size == 0) break;
        text.append(part, size);
    }
    return text;
}

}  // namespace

double run_fio(const fio_plan& plan) {
    const std::string text = output_of(command_of(plan));
    // In the first job's report: what it read, and what it wrote.
    const std::size_t done = text.find(plan.writes ? "\"write\"" : "\"read\"");
    const std::size_t iops = text.find("\"iops\"", done);
    if (done == std::string::npos || iops == std::string::npos)
        throw unavailable("fio is not installed, or cannot work here");
    const double per_second = std::strtod(text.c_str() + text.find(':', iops) + 1, nullptr);
    if (per_second <= 0) throw unavailable("fio did nothing");
    return 1e9 / per_second;
}

}  // namespace bench
