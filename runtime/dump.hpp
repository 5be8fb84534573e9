#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>

#include "runtime/cancellation.hpp"
#include "runtime/clock.hpp"

namespace lariat {

class waiter;

/// Writes what waits on a scheduler, one line for each wait and one for each task above it.
class dump_writer final : private line_visitor {
  public:
    dump_writer(std::ostream& out, time_point now) noexcept : out_(out), now_(now) {}

    void heading(std::size_t in_kernel, std::size_t timers);

    /// A strand: what it waits for, the tasks that wait for that, the strands below.
    void line(strand& line);

    /// A wait that no strand reaches.
    void orphan(waiter& wait);

    /// A scope that no strand reaches.
    void scope(strand_scope& scope);

  private:
    void visit(strand& below) override;
    void wait(waiter& wait);
    void tasks(const strand& line);
    void indent();

    std::ostream& out_;
    time_point now_;
    int depth_ = 0;
};

}  // namespace lariat
