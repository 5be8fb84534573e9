#pragma once

#include <concepts>
#include <coroutine>
#include <system_error>
#include <type_traits>
#include <utility>

#include "aio/aio.hpp"
#include "aio/copy_words.hpp"
#include "aio/descriptor.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/completion.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/ring.hpp"
#include "runtime/wait_report.hpp"

namespace lariat {

/// The description of one operation of the kernel: parameters only. Awaiting it starts it.
///
/// `prepare` fills the entry, `value` turns the kernel's answer into what the awaiter gets, `name`
/// is what a dump calls it. Trivially destructible, so that a temporary inside a `co_await`
/// expression is safe with every compiler (GCC 12 destroys those of other aggregates twice).
template <class Call>
concept kernel_call = std::is_trivially_destructible_v<Call> &&
                      requires(const Call& call, io_uring_sqe& entry, completion_event event) {
                          { call.prepare(entry) } noexcept;
                          { call.value(event) } noexcept;
                          { Call::name } -> std::convertible_to<const char*>;
                      };

/// A description whose operation the running kernel may lack, with what is done instead.
template <class Call>
concept has_fallback = requires(const Call& call, const ring& kernel) {
    { call.supported(kernel) } noexcept -> std::same_as<bool>;
    { call.fallback() } noexcept -> std::same_as<completion_event>;
};

/// A description that sees each answer of the kernel first, before anyone decides on it: an error
/// number that is a success, bytes in a buffer that the kernel picked.
template <class Call>
concept translates_answer = requires(const Call& call, completion_event event) {
    { call.translated(event) } noexcept -> std::same_as<completion_event>;
};

/// A description whose bytes the kernel puts into buffers that it picks from a pool. The pool is
/// told of each answer in the order of their coming, and takes off what is in one buffer.
template <class Call>
concept takes_from_pool = requires(const Call& call, completion_event& event) {
    { call.pool.heard(event) } noexcept;
    { call.pool.next_piece(event) } noexcept -> std::same_as<completion_event>;
};

/// A description that has another way when the kernel refuses the first: `prepare` has it from
/// then on.
template <class Call>
concept has_other_way = requires(const Call& call, completion_event event) {
    { call.other_way(event) } noexcept -> std::same_as<bool>;
};

/// A description whose value is the kernel's answer as it is: `static constexpr bool counts`.
template <class Call>
concept yields_count = requires { requires Call::counts; };

/// What an operation that makes a descriptor yields: of this table, or with a number.
inline descriptor opened_into(direct_table* into, completion_event event) noexcept {
    return into ? descriptor::adopt(*into, event.result) : descriptor::adopt(event.result);
}

/// The kernel as provider: what all its operations share.
///
/// The cancel function submits IORING_OP_ASYNC_CANCEL and never finishes; the operation's own last
/// answer does. A result of 0 and above is success whatever was asked; ECANCELED, EINTR and
/// ERESTARTSYS after an abort mean that the kernel gave up for its reason.
/// Source: io_uring_prep_cancel64(3).
class kernel_operation : public aio, public completion {
  protected:
    kernel_operation() = default;
    ~kernel_operation() = default;

    /// Requires: the current home has a ring.
    static ring& current_ring() noexcept {
        check(here.kernel != nullptr, "an operation of the kernel was awaited without a scheduler");
        return *here.kernel;
    }

    /// Begins and registers at once, unless something stands in the way.
    bool begin_registered() noexcept { return begin_deferred(&give_up, this); }

    [[nodiscard]] bool register_with_aio() noexcept {
        return defer(&give_up, this, lateness::tries_once);
    }

    void complete(completion_event event) noexcept override;

    /// Submits it once more; an aborted one ends instead.
    void try_other_way() noexcept;

    void finish_with(completion_event event) noexcept;

    completion_event event() const noexcept { return event_; }
    bool succeeded() const noexcept { return !in_progress() && event_.result >= 0 && !error(); }

    completion_event event_;  // Written by the last answer.

  private:
    static void give_up(aio& operation, void* self, std::error_code reason) noexcept;
};

/// A kernel operation with its description.
template <class Call,
          bool = translates_answer<Call> || takes_from_pool<Call> || has_other_way<Call>>
class described_operation : public kernel_operation {
  protected:
    explicit described_operation(const Call& call) noexcept { copy_words(call_, call); }
    ~described_operation() = default;

    union {
        Call call_;
    };
};

/// One whose description sees the answers first.
template <class Call>
class described_operation<Call, true> : public kernel_operation {
  protected:
    explicit described_operation(const Call& call) noexcept { copy_words(call_, call); }
    ~described_operation() = default;

    union {
        Call call_;
    };

  private:
    void complete(completion_event event) noexcept final {
        if constexpr (takes_from_pool<Call>) {
            call_.pool.heard(event);
            event = call_.pool.next_piece(event);
        }
        if constexpr (translates_answer<Call>) event = call_.translated(event);
        if constexpr (has_other_way<Call>) {
            if (!event.more() && call_.other_way(event)) return try_other_way();
        }
        kernel_operation::complete(event);
    }
};

/// A value that must not be lost: if nobody takes it, it is disposed of.
template <class Answer>
inline constexpr bool owns_something =
    !std::is_void_v<Answer> && !std::is_trivially_destructible_v<Answer>;

/// What the awaiters of a description share: from the description to the entry, and from the
/// answer to the value.
template <kernel_call Call>
class operation_of : public described_operation<Call> {
    using described_operation<Call>::call_;
    using answer = decltype(std::declval<const Call&>().value(completion_event()));

  public:
    /// The aio's error and count are all that it yields, and once it is over nothing is left of it.
    static constexpr bool told_by_aio = std::is_void_v<answer> || yields_count<Call>;

    result<answer> await_resume() noexcept {
        if constexpr (owns_something<answer>) untaken_ = false;
        if (const std::error_code why = this->outcome()) [[unlikely]]
            return why;
        if constexpr (std::is_void_v<answer>)
            return {};
        else
            return call_.value(this->event());
    }

    aio& subject() noexcept { return *this; }

  protected:
    explicit operation_of(const Call& call) noexcept : described_operation<Call>(call) {}

    ~operation_of() {
        if (this->in_progress()) [[unlikely]]
            this->retire();
        // An accepted descriptor is closed.
        if constexpr (owns_something<answer>) {
            if (untaken_ && this->succeeded()) [[maybe_unused]]
                const answer dropped = call_.value(this->event());
        }
    }

    bool submit() noexcept {
        ring& kernel = this->current_ring();
        if constexpr (!has_fallback<Call>) {
            if (this->begin_registered()) [[likely]] {
                if constexpr (owns_something<answer>) untaken_ = true;
                start(kernel);
                return true;
            }
        }
        return submit_with_care(kernel);
    }

  private:
    void start(ring& kernel) noexcept {
        if (io_uring_sqe* entry = kernel.entry(*this)) [[likely]]
            call_.prepare(*entry);
        else
            kernel.postpone(*this);
    }

    /// With a limit of time, on a cancelled strand, or on a kernel that may lack the operation.
    bool submit_with_care(ring& kernel) noexcept {
        if (!this->begin_on_strand()) return this->end_launch();
        if constexpr (owns_something<answer>) untaken_ = true;
        if constexpr (has_fallback<Call>) {
            if (!call_.supported(kernel)) {
                this->finish_with(call_.fallback());
                return this->end_launch();
            }
        }
        if (!this->register_with_aio()) return this->end_launch();
        start(kernel);
        if (this->late()) this->expire();
        return this->end_launch();
    }

    void prepare(io_uring_sqe& entry) const noexcept override { call_.prepare(entry); }

    void describe(wait_report& report) const override {
        aio::describe(report);
        report.name = Call::name;
        report.provider = "kernel";
        if constexpr (requires { call_.socket.number(); })
            report.descriptor = call_.socket.number();
        if constexpr (requires { call_.file.number(); }) report.descriptor = call_.file.number();
    }

    bool untaken_ = false;  // Started, and its value not taken.
};

/// The awaiter of every description.
template <kernel_call Call>
class [[nodiscard]] operation final : public operation_of<Call>, public awaiting<operation<Call>> {
  public:
    explicit operation(const Call& call) noexcept : operation_of<Call>(call) {}

    bool launch() noexcept { return this->submit(); }
};

template <kernel_call Call>
    requires(!requires { Call::only_multishot; })
operation<Call> operator co_await(const Call & call) noexcept {
    return operation<Call>(call);
}

}  // namespace lariat
