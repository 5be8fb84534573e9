#pragma once

#include <cstdint>

#include "runtime/intrusive_list.hpp"

struct io_uring_sqe;

namespace lariat {

/// One answer of the kernel.
struct completion_event {
    int result;      ///< Negative: a kernel error number.
    unsigned flags;  ///< IORING_CQE_F_*.
    /// Where the bytes begin in a buffer that the kernel picked; the pool it is from writes it.
    std::uint32_t offset = 0;

    /// More answers follow for the same entry.
    bool more() const noexcept { return flags & 2U; }
};

/// Where a completion stands in its ring's lists.
class completion_place {
    friend class ring;
    bool postponed_ = false;    // Linked because it waits for room; else because its cancel does.
    std::uint8_t entries_ = 1;  // The room that it waits for.
};

/// What the ring calls when the kernel answers: all it knows of the layers above. Its address
/// travels through the kernel, so it stays where it is until the last answer.
class completion : public list_hook<completion>, public completion_place {
  public:
    /// Fills the entry; `user_data` is the ring's.
    virtual void prepare(io_uring_sqe& entry) const noexcept = 0;

    /// Called at home for each answer; runs no coroutine and destroys nothing.
    virtual void complete(completion_event event) noexcept = 0;

  protected:
    ~completion() = default;
};

}  // namespace lariat
