#include "tests/every_wait/room.hpp"

#include <functional>

#include "aio/op/nop.hpp"
#include "runtime/error.hpp"
#include "runtime/offload.hpp"
#include "runtime/yield.hpp"
#include "tests/every_wait/things.hpp"

namespace io = lariat;

waiting_room::waiting_room(io::scheduler& elsewhere)
    : things_(std::make_unique<things_to_wait_for>(elsewhere)) {
    for (const wait_kind& each : all_wait_kinds()) tallies_.push_back({each.name, 0, 0, {}});
}

waiting_room::~waiting_room() = default;

void waiting_room::fill(io::task_scope& scope, int each) {
    // First, so that it is also destroyed first: what blocks the pool ends before it is waited for.
    auto lets_go = [](things_to_wait_for& all) -> io::task<> {
        struct opener {
            gate& door;
            ~opener() { door.open(); }
        };
        const opener at_the_end{all.door};
        (void)co_await all.happens.wait();
    };
    auto blocks = [](things_to_wait_for& all) -> io::task<> {
        (void)co_await io::offload(all.pool, [&all] { all.door.pass(); });
    };
    scope.spawn(lets_go, std::ref(*things_));
    scope.spawn(blocks, std::ref(*things_));
    const io::ring& kernel = *io::home::current().kernel();
    const auto kinds = all_wait_kinds();
    for (std::size_t which = 0; which < kinds.size(); ++which) {
        if (kinds[which].supported && !kinds[which].supported(kernel)) continue;
        for (int i = 0; i < each; ++i) scope.spawn(wait(which));
        started_ += each;
    }
}

io::task<> waiting_room::wait(std::size_t kind) {
    ++waiting_;
    const std::error_code how = co_await all_wait_kinds()[kind].wait(*things_);
    tally& all = tallies_[kind];
    ++all.ended;
    if (how == io::error::stopped)
        ++all.stopped;
    else
        all.other = how;
}

io::task<> waiting_room::until_full() {
    while (waiting_ < started_) co_await io::yield();
    // What has been prepared by now goes to the kernel, and its way there is over.
    for (int round = 0; round < 3; ++round) (void)co_await io::nop{};
}

int waiting_room::stopped() const {
    int sum = 0;
    for (const tally& each : tallies_) sum += each.stopped;
    return sum;
}

int waiting_room::otherwise() const {
    int sum = 0;
    for (const tally& each : tallies_) sum += each.ended - each.stopped;
    return sum;
}
