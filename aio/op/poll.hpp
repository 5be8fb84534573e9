#pragma once

#include <poll.h>

#include <cstdint>

#include "aio/descriptor.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/remedy.hpp"

namespace lariat {

/// Waits until one of `events` is there, a mask of POLLIN, POLLOUT and the like.
/// Returns: the mask of what is there; POLLERR, POLLHUP and POLLNVAL may be in it unasked.
/// Errors: bad_file_descriptor, canceled, timed_out.
/// Source: poll(2), io_uring_prep_poll_add(3), Linux 5.1.
struct poll {
    static constexpr const char* name = "poll";

    descriptor_ref file;
    std::uint32_t events = POLLIN;

    void prepare(io_uring_sqe& entry) const noexcept;

    /// Answers each time that something of it happens, as epoll does edge-triggered. Linux 5.13.
    void prepare_multishot(io_uring_sqe& entry) const noexcept;
    static remedy remedy_for(std::error_code) noexcept { return remedy::none; }

    static std::uint32_t value(completion_event event) noexcept {
        return static_cast<std::uint32_t>(event.result);
    }
};

}  // namespace lariat
