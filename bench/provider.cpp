#include <memory>

#include "aio/aio.hpp"
#include "bench/workloads.hpp"
#include "runtime/home.hpp"

namespace bench {
namespace {

/// A home without a kernel, driven by hand.
class bare_home final : public lariat::home {
  public:
    template <class Work>
    void with(Work work) {
        activation active(*this);
        work();
    }
};

class counting_consumer final : public lariat::listener {
  public:
    std::coroutine_handle<> notify() noexcept override {
        ++told;
        return std::noop_coroutine();
    }
    std::uint64_t told = 0;
};

class plain_aio final : public lariat::aio {};

void never_cancelled(lariat::aio&, void*, std::error_code) noexcept {}

void lariat_provider(const job& work, meter& figures) {
    const auto burst = static_cast<std::size_t>(work.with["burst"]);
    bare_home home;
    counting_consumer consumer;
    const auto operations = std::make_unique<plain_aio[]>(burst);
    const auto cycle = [&] {
        for (std::size_t i = 0; i < burst; ++i) {
            operations[i].begin(lariat::continuation(consumer));
            if (!operations[i].defer(never_cancelled, nullptr))
                throw std::runtime_error("defer refused an operation that nobody aborted");
        }
        for (std::size_t i = 0; i < burst; ++i) operations[i].finish({}, 1);
        home.turn();
    };
    home.with([&] {
        for (std::uint64_t i = 0; i < work.warmup / burst; ++i) cycle();
        const std::uint64_t cycles = work.items / burst + 1;
        consumer.told = 0;
        figures.start();
        for (std::uint64_t i = 0; i < cycles; ++i) cycle();
        figures.stop(cycles * burst);
        if (consumer.told != cycles * burst) throw std::runtime_error("a consumer was not told");
    });
}

}  // namespace

workload provider_workload() {
    return {
        .name = "provider",
        .what = "begin, defer and finish on a provider that does nothing; the consumer is told",
        .parameters = {{.name = "burst",
                        .values = {1, 64},
                        .what = "operations pending at once; each burst takes a turn of the loop",
                        .most = 256}},
        .items = 5'000'000,
        .smoke_items = 10'000,
        .subjects = {{"lariat", "an aio, told through the ready queue", lariat_provider}},
    };
}

}  // namespace bench
