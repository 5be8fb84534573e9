#pragma once

#include "runtime/completion.hpp"
#include "runtime/ring.hpp"

namespace lariat {

/// An eventfd that a ring watches for as long as its scheduler lives: what threads without a ring
/// wake it with. It is never read: each write wakes the watch.
class wake_signal final : public completion {
  public:
    /// Errors: throws `std::system_error` when there is no descriptor left.
    explicit wake_signal(ring& kernel);
    wake_signal(const wake_signal&) = delete;
    wake_signal& operator=(const wake_signal&) = delete;
    ~wake_signal();

    /// Threads: any.
    void raise() noexcept;

    /// Ends the watch; it has ended when it is no longer `watching()`.
    void end() noexcept;

    bool watching() const noexcept { return watching_; }

  private:
    void watch() noexcept;
    void prepare(io_uring_sqe& entry) const noexcept override;
    void complete(completion_event event) noexcept override;

    ring& ring_;
    int event_ = -1;
    bool watching_ = false;
    bool ending_ = false;
};

}  // namespace lariat
