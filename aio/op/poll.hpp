#pragma once

#include <poll.h>
#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <span>

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

    static constexpr kernel_version multishot_since{5, 13};

    /// Answers each time that something of it happens, as epoll does edge-triggered. Linux 5.13.
    void prepare_multishot(io_uring_sqe& entry) const noexcept;
    static remedy remedy_for(std::error_code) noexcept { return remedy::none; }

    static std::uint32_t value(completion_event event) noexcept {
        return static_cast<std::uint32_t>(event.result);
    }
};

/// Changes what an epoll instance watches, for programs that have one already.
/// Errors: those of epoll_ctl(2).
/// Source: epoll_ctl(2), io_uring_prep_epoll_ctl(3), Linux 5.6.
struct epoll_control {
    static constexpr const char* name = "epoll_control";

    descriptor_ref epoll;
    descriptor_ref file;
    int operation = EPOLL_CTL_ADD;
    epoll_event event{};

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// Waits for events of an epoll instance: one loop for what is in it and all else.
/// Returns: how many events were written.
/// Errors: those of epoll_wait(2); canceled, timed_out; function_not_supported before Linux 6.15,
/// where a `poll` of the instance says when epoll_wait(2) has something.
/// Lifetime: the events until the operation has finished.
/// Source: epoll_wait(2), Linux 6.15.
struct epoll_wait {
    static constexpr const char* name = "epoll_wait";

    descriptor_ref epoll;
    std::span<epoll_event> events;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }

    static bool supported(const ring& kernel) noexcept;
    static completion_event fallback() noexcept;
};

}  // namespace lariat
