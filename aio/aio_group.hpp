#pragma once

#include <coroutine>
#include <cstddef>
#include <system_error>

#include "aio/aio.hpp"
#include "runtime/error.hpp"
#include "runtime/event.hpp"
#include "runtime/intrusive_list.hpp"

namespace lariat {

/// All operations of one object: a stream, a listener, a device. Ending the group refuses new
/// operations and aborts the pending; whoever stops it waits until the last has finished.
///
/// An object that must do something when the last operation has let go, as closing a descriptor,
/// derives from it.
///
/// Threads: those of one home.
/// Lifetime: outlives its operations.
class aio_group {
  public:
    class resident;
    class member;

    aio_group() = default;
    aio_group(const aio_group&) = delete;
    aio_group& operator=(const aio_group&) = delete;
    virtual ~aio_group();

    /// Ends the group without waiting. Twice, or on nothing, is fine; the first reason stays.
    void close(std::error_code reason = make_error_code(error::closed)) noexcept;

    /// Ends the group; `co_await stop()` then waits until every operation has finished. What is
    /// not awaited is stopped all the same. `result<void>`.
    [[nodiscard]] event::description stop(
        std::error_code reason = make_error_code(error::stopped)) noexcept;

    bool ended() const noexcept { return static_cast<bool>(reason_); }
    std::error_code reason() const noexcept { return reason_; }
    bool empty() const noexcept { return members_.empty(); }

  protected:
    /// Called once: the group has ended and no operation is left. The last touch of the group: it
    /// may be destroyed here. Runs no coroutine.
    virtual void on_all_finished() noexcept {}

  private:
    void finish() noexcept;

    intrusive_list<resident, aio_group> members_;
    std::error_code reason_;
    event all_finished_;
    bool aborting_ = false;  // An abort may finish at once: the last one must not end the loop.
};

/// A place in a group, of whatever ends with it.
class aio_group::resident : public list_hook<aio_group> {
  public:
    resident(const resident&) = delete;
    resident& operator=(const resident&) = delete;

    /// Returns: false when the group has ended: whatever it is is to be refused.
    bool enter() noexcept;
    /// The last touch of the group, if it has ended.
    void leave() noexcept;

    std::error_code refusal() const noexcept { return group_.reason_; }

    /// The group has ended: to be asked to end, and to leave then, now or later. Runs no coroutine.
    virtual void abort(std::error_code reason) noexcept = 0;

  protected:
    explicit resident(aio_group& group) noexcept : group_(group) {}
    ~resident() { leave(); }

  private:
    aio_group& group_;
};

/// An operation's place in a group: it enters as it begins and leaves as it finishes.
class aio_group::member final : public resident {
  public:
    member(aio_group& group, aio& operation) noexcept : resident(group), operation_(operation) {}

    void abort(std::error_code reason) noexcept override { operation_.abort(reason); }

  private:
    aio& operation_;
};

/// An aio that belongs to a group for life: the base of a provider of one's own.
class grouped_aio : public aio {
  protected:
    explicit grouped_aio(aio_group& group) noexcept : member_(group, *this) { observed(true); }
    ~grouped_aio() = default;

    bool admitted() noexcept { return member_.enter(); }
    std::error_code refusal() const noexcept { return member_.refusal(); }

  private:
    void on_settled() noexcept override { member_.leave(); }

    aio_group::member member_;
};

}  // namespace lariat
