#pragma once

#include <cstddef>
#include <memory>
#include <system_error>
#include <vector>

#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"

struct things_to_wait_for;

/// What tasks can wait for, one of each kind, and none of it will come: what ends the tasks is a
/// stop, a cancel or their destruction. Belongs to the home that is current when it is made.
class waiting_room {
  public:
    /// How the waits of one kind ended.
    struct tally {
        const char* kind;
        int ended = 0;
        int stopped = 0;
        std::error_code other;  ///< One that was neither.
    };

    /// Tasks that visit another scheduler wait there.
    explicit waiting_room(lariat::scheduler& elsewhere);
    waiting_room(const waiting_room&) = delete;
    waiting_room& operator=(const waiting_room&) = delete;
    ~waiting_room();

    /// Starts so many waits of every kind that the kernel knows, and one call that blocks a thread
    /// until its task is told to end.
    void fill(lariat::task_scope& scope, int each);

    /// Until all that were started wait, in the kernel where they do so.
    lariat::task<> until_full();

    int started() const noexcept { return started_; }
    const std::vector<tally>& tallies() const noexcept { return tallies_; }

    /// Waits that ended with `stopped`, and with something else.
    int stopped() const;
    int otherwise() const;

  private:
    lariat::task<> wait(std::size_t kind);

    std::unique_ptr<things_to_wait_for> things_;
    std::vector<tally> tallies_;
    int started_ = 0;
    int waiting_ = 0;
};
