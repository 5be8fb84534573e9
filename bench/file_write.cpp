#include <fcntl.h>

#include <vector>

#include "aio/op/file.hpp"
#include "bench/file/test_file.hpp"
#include "bench/raw/ring.hpp"
#include "bench/rivals/fio.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"

namespace bench {
namespace {

void run_writes(raw::ring& ring, test_file& file, const page_buffers& buffers, std::uint64_t depth,
                std::uint64_t each) {
    std::vector<std::uint64_t> left(depth, each);
    const auto submit = [&](std::uint64_t chain) {
        io_uring_sqe* sqe = ring.entry();
        io_uring_prep_write(sqe, file.descriptor(), buffers.at(chain), page, file.random_page());
        io_uring_sqe_set_data64(sqe, chain);
    };
    for (std::uint64_t chain = 0; chain < depth; ++chain) submit(chain);
    for (std::uint64_t running = depth; running != 0;) {
        ring.enter(1);
        ring.reap([&](const io_uring_cqe& cqe) {
            if (cqe.res != static_cast<int>(page)) throw std::runtime_error("a short write");
            if (--left[cqe.user_data] != 0)
                submit(cqe.user_data);
            else
                --running;
        });
    }
}

void raw_write(const job& work, meter& figures) {
    const auto depth = static_cast<std::uint64_t>(work.with["depth"]);
    test_file file(work, O_WRONLY);
    const page_buffers buffers(depth);
    raw::ring ring(static_cast<unsigned>(depth));
    if (work.warmup)
        run_writes(ring, file, buffers, depth, pages_of(work, work.warmup) / depth + 1);

    const std::uint64_t each = pages_of(work, work.items) / depth + 1;
    const std::uint64_t enters = ring.enters();
    figures.start();
    run_writes(ring, file, buffers, depth, each);
    figures.stop(each * depth);
    figures.system_calls(ring.enters() - enters);
}

lariat::task<> writes(test_file* file, const std::byte* memory, std::uint64_t times) {
    const lariat::const_buffer_view buffer(memory, page);
    for (std::uint64_t i = 0; i < times; ++i) {
        auto count = co_await lariat::write{
            .file = file->descriptor(), .buffer = buffer, .offset = file->random_page()};
        if (count.value() != page) throw std::runtime_error("a short write");
    }
}

lariat::task<> all_writes(test_file* file, const page_buffers* buffers, std::uint64_t depth,
                          std::uint64_t each) {
    lariat::task_scope scope;
    for (std::uint64_t i = 0; i < depth; ++i) scope.spawn(writes(file, buffers->at(i), each));
    co_await scope.join();
}

void lariat_write(const job& work, meter& figures) {
    const auto depth = static_cast<std::uint64_t>(work.with["depth"]);
    test_file file(work, O_WRONLY);
    const page_buffers buffers(depth);
    lariat::scheduler loop;
    if (work.warmup)
        loop.run(all_writes(&file, &buffers, depth, pages_of(work, work.warmup) / depth + 1));

    const std::uint64_t each = pages_of(work, work.items) / depth + 1;
    const std::uint64_t calls = loop.kernel()->system_calls();
    figures.start();
    loop.run(all_writes(&file, &buffers, depth, each));
    figures.stop(each * depth);
    figures.system_calls(loop.kernel()->system_calls() - calls);
}

void fio_write(const job& work, meter& figures) {
    const auto megabytes = static_cast<std::uint64_t>(work.with["megabytes"]);
    const test_file file(work, O_WRONLY);
    // Ten times as many: fio tells milliseconds.
    const std::uint64_t pages = pages_of(work, work.smoke ? work.items : work.items * 10);
    const double each = run_fio({.path = file.path(),
                                 .depth = static_cast<std::uint64_t>(work.with["depth"]),
                                 .pages = pages,
                                 .megabytes = megabytes,
                                 .direct = work.with["direct"] != 0,
                                 .fixed = false,
                                 .writes = true});
    figures.record(pages, each * static_cast<double>(pages));
}

}  // namespace

workload file_write_workload() {
    return {
        .name = "file.write",
        .what = "random writes of 4 KiB to one file, none of them synced; TMPDIR says where it is",
        .parameters = {{.name = "depth",
                        .values = {1, 16, 128, 256},
                        .what = "writes in flight",
                        .most = 4096,
                        .smoke_values = {256}},
                       {.name = "direct",
                        .values = {0, 1},
                        .what = "1: O_DIRECT, to the device; 0: to the page cache",
                        .least = 0,
                        .most = 1,
                        .smoke_values = {0}},
                       {.name = "megabytes",
                        .values = {64},
                        .what = "size of the file",
                        .most = 65536,
                        .smoke_values = {4}}},
        .items = 50'000,
        .smoke_items = 200,
        .subjects = {{"raw", "liburing, plain descriptor, unregistered buffers", raw_write},
                     {"lariat", "co_await write{} in a loop, one task per chain", lariat_write},
                     {"fio", "fio's io_uring engine, if it is installed", fio_write}},
    };
}

}  // namespace bench
