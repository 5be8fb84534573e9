#include "aio/op/file.hpp"

#include <fcntl.h>

#include <vector>

#include "aio/op/direct.hpp"
#include "aio/op/fixed.hpp"
#include "bench/file/test_file.hpp"
#include "bench/raw/ring.hpp"
#include "bench/rivals/fio.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"

namespace bench {
namespace {

/// Registered memory and a registered file, or plain ones.
enum class memory : bool { plain, fixed };

void run_reads(raw::ring& ring, test_file& file, const page_buffers& buffers, std::uint64_t depth,
               std::uint64_t each, memory kind) {
    std::vector<std::uint64_t> left(depth, each);
    const auto submit = [&](std::uint64_t chain) {
        io_uring_sqe* sqe = ring.entry();
        if (kind == memory::fixed) {
            io_uring_prep_read_fixed(sqe, 0, buffers.at(chain), page, file.random_page(), 0);
            sqe->flags = IOSQE_FIXED_FILE;
        } else {
            io_uring_prep_read(sqe, file.descriptor(), buffers.at(chain), page, file.random_page());
        }
        io_uring_sqe_set_data64(sqe, chain);
    };
    for (std::uint64_t chain = 0; chain < depth; ++chain) submit(chain);
    for (std::uint64_t running = depth; running != 0;) {
        ring.enter(1);
        ring.reap([&](const io_uring_cqe& cqe) {
            if (cqe.res != static_cast<int>(page)) throw std::runtime_error("a short read");
            if (--left[cqe.user_data] != 0)
                submit(cqe.user_data);
            else
                --running;
        });
    }
}

void register_all(raw::ring& ring, const test_file& file, const page_buffers& buffers,
                  std::uint64_t depth) {
    const int number = file.descriptor();
    const iovec memory{buffers.at(0), depth * page};
    if (io_uring_register_files(ring.native(), &number, 1) < 0 ||
        io_uring_register_buffers(ring.native(), &memory, 1) < 0)
        throw unavailable("memory or file could not be registered; see ulimit -l");
}

void raw_read(const job& work, meter& figures, memory kind) {
    const auto depth = static_cast<std::uint64_t>(work.with["depth"]);
    test_file file(work, O_RDONLY);
    const page_buffers buffers(depth);
    raw::ring ring(static_cast<unsigned>(depth));
    if (kind == memory::fixed) register_all(ring, file, buffers, depth);
    if (work.warmup)
        run_reads(ring, file, buffers, depth, pages_of(work, work.warmup) / depth + 1, kind);

    const std::uint64_t each = pages_of(work, work.items) / depth + 1;
    const std::uint64_t enters = ring.enters();
    figures.start();
    run_reads(ring, file, buffers, depth, each, kind);
    figures.stop(each * depth);
    figures.system_calls(ring.enters() - enters);
}

lariat::task<> reads(test_file* file, std::byte* memory, std::uint64_t times) {
    const lariat::buffer_view buffer(memory, page);
    for (std::uint64_t i = 0; i < times; ++i) {
        auto count = co_await lariat::read{
            .file = file->descriptor(), .buffer = buffer, .offset = file->random_page()};
        if (count.value() != page) throw std::runtime_error("a short read");
    }
}

lariat::task<> all_reads(test_file* file, const page_buffers* buffers, std::uint64_t depth,
                         std::uint64_t each) {
    lariat::task_scope scope;
    for (std::uint64_t i = 0; i < depth; ++i) scope.spawn(reads(file, buffers->at(i), each));
    co_await scope.join();
}

void lariat_file_read(const job& work, meter& figures) {
    const auto depth = static_cast<std::uint64_t>(work.with["depth"]);
    test_file file(work, O_RDONLY);
    const page_buffers buffers(depth);
    lariat::scheduler loop;
    if (work.warmup)
        loop.run(all_reads(&file, &buffers, depth, pages_of(work, work.warmup) / depth + 1));

    const std::uint64_t each = pages_of(work, work.items) / depth + 1;
    const std::uint64_t calls = loop.kernel()->system_calls();
    figures.start();
    loop.run(all_reads(&file, &buffers, depth, each));
    figures.stop(each * depth);
    figures.system_calls(loop.kernel()->system_calls() - calls);
}

void raw_file_read(const job& work, meter& figures) { raw_read(work, figures, memory::plain); }
void raw_fixed_read(const job& work, meter& figures) { raw_read(work, figures, memory::fixed); }

lariat::task<> fixed_reads(test_file* file, lariat::descriptor_ref direct,
                           lariat::fixed_view page_of, std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i) {
        auto count = co_await lariat::read_fixed{
            .file = direct, .buffer = page_of, .offset = file->random_page()};
        if (count.value() != page) throw std::runtime_error("a short read");
    }
}

/// Registers, warms up, then measures: what is registered belongs to the ring.
lariat::task<> all_fixed_reads(test_file* file, const page_buffers* buffers, const job* work,
                               meter* figures) {
    const auto depth = static_cast<std::uint64_t>(work->with["depth"]);
    lariat::direct_table table(1);
    const auto direct = co_await lariat::make_direct{.file = file->descriptor(), .into = table};
    if (!direct) throw unavailable("the file could not be registered");
    lariat::buffer_table memory(1);
    const auto whole = memory.add(lariat::buffer_view(buffers->at(0), depth * page));
    if (!whole) throw unavailable("memory could not be registered; see ulimit -l");
    lariat::ring& kernel = *lariat::home::current().kernel();
    const auto run_all = [&](std::uint64_t each) -> lariat::task<> {
        lariat::task_scope scope;
        for (std::uint64_t i = 0; i < depth; ++i) {
            const auto part = whole->view().drop_first(i * page).first(page);
            scope.spawn(fixed_reads(file, *direct, part, each));
        }
        co_await scope.join();
    };
    if (work->warmup) co_await run_all(pages_of(*work, work->warmup) / depth + 1);

    const std::uint64_t each = pages_of(*work, work->items) / depth + 1;
    const std::uint64_t calls = kernel.system_calls();
    figures->start();
    co_await run_all(each);
    figures->stop(each * depth);
    figures->system_calls(kernel.system_calls() - calls);
}

void lariat_fixed_read(const job& work, meter& figures) {
    test_file file(work, O_RDONLY);
    const page_buffers buffers(static_cast<std::uint64_t>(work.with["depth"]));
    lariat::run(all_fixed_reads(&file, &buffers, &work, &figures));
}

void fio_read(const job& work, meter& figures, bool fixed) {
    const auto megabytes = static_cast<std::uint64_t>(work.with["megabytes"]);
    const test_file file(work, O_RDONLY);
    // Ten times as many: fio tells milliseconds.
    const std::uint64_t reads = pages_of(work, work.smoke ? work.items : work.items * 10);
    const double each = run_fio({.path = file.path(),
                                 .depth = static_cast<std::uint64_t>(work.with["depth"]),
                                 .pages = reads,
                                 .megabytes = megabytes,
                                 .direct = work.with["direct"] != 0,
                                 .fixed = fixed});
    figures.record(reads, each * static_cast<double>(reads));
}

void fio_plain_read(const job& work, meter& figures) { fio_read(work, figures, false); }
void fio_fixed_read(const job& work, meter& figures) { fio_read(work, figures, true); }

}  // namespace

workload file_read_workload() {
    return {
        .name = "file.read",
        .what = "random reads of 4 KiB from one file; TMPDIR says where it is made",
        .parameters = {{.name = "depth",
                        .values = {1, 16, 128, 256},
                        .what = "reads in flight",
                        .most = 4096,
                        .smoke_values = {1, 256}},
                       {.name = "direct",
                        .values = {0, 1},
                        .what = "1: O_DIRECT, from the device; 0: from the page cache",
                        .least = 0,
                        .most = 1,
                        .smoke_values = {0}},
                       {.name = "megabytes",
                        .values = {256},
                        .what = "size of the file",
                        .most = 65536,
                        .smoke_values = {4}}},
        .items = 100'000,
        .smoke_items = 1'000,
        .subjects = {{"raw", "liburing, plain descriptor, unregistered buffers", raw_file_read},
                     {"lariat", "co_await read{} in a loop, one task per chain", lariat_file_read},
                     {"raw_fixed", "liburing, registered descriptor and buffers", raw_fixed_read},
                     {"lariat_fixed", "co_await read_fixed{}, the same", lariat_fixed_read},
                     {"fio", "fio's io_uring engine, if it is installed", fio_plain_read},
                     {"fio_fixed", "the same with registered buffers and file", fio_fixed_read}},
    };
}

}  // namespace bench
