#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "aio/aio_group.hpp"
#include "aio/awaitable.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/remedy.hpp"
#include "aio/op/supply.hpp"
#include "runtime/cancellation.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/completion.hpp"
#include "runtime/home.hpp"
#include "runtime/wait_report.hpp"

namespace lariat {

/// A description that the kernel answers many times for one entry.
template <class Call>
concept multishot_call =
    kernel_call<Call> && requires(const Call& call, io_uring_sqe& entry, std::error_code why) {
        { call.prepare_multishot(entry) } noexcept;
        { Call::remedy_for(why) } noexcept -> std::same_as<remedy>;
        { Call::multishot_since } -> std::convertible_to<kernel_version>;
    };

struct multishot_options {
    /// Values kept for a consumer that is slow. At this many the kernel is told to stop; it is
    /// asked again when half of them are taken. 64 keeps the kernel busy while the consumer has a
    /// turn, and bounds what a stream without a reader holds.
    std::size_t queued = 64;
};

/// Answers in their order. A few have room without memory of the heap, so that what only waits
/// needs none.
class answer_queue {
  public:
    answer_queue() = default;
    answer_queue(const answer_queue&) = delete;
    answer_queue& operator=(const answer_queue&) = delete;

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }

    /// Returns: false without memory for one more.
    bool push(completion_event answer) noexcept;

    /// Requires: not empty.
    completion_event pop() noexcept;

  private:
    static constexpr std::uint32_t few = 2;

    completion_event* slots() noexcept { return many_ ? many_.get() : few_; }
    bool grow() noexcept;

    completion_event few_[few]{};
    std::unique_ptr<completion_event[]> many_;
    std::uint32_t room_ = few;  // A power of two.
    std::uint32_t first_ = 0;
    std::uint32_t size_ = 0;
};

/// What every multishot operation is, whatever it answers.
class multishot_source : private completion, private strand_scope, private supply::user {
  public:
    multishot_source(const multishot_source&) = delete;
    multishot_source& operator=(const multishot_source&) = delete;

    /// Ends it: what is queued is still delivered, then `next` fails with `closed`. Twice is fine.
    /// Threads: home.
    void close() noexcept { end_with(make_error_code(error::closed)); }

    /// Whether an entry of it is with the kernel.
    bool armed() const noexcept { return phase_ == phase::armed || phase_ == phase::stopping; }

    /// Whether nothing will come any more, so that each `next` fails.
    bool ended() const noexcept { return phase_ == phase::ended && answers_.empty(); }

    /// Values that wait to be taken.
    std::size_t queued() const noexcept { return answers_.size(); }

  protected:
    multishot_source(multishot_options options, kernel_version since, aio_group* group);
    ~multishot_source() = default;

    /// The provider's side of `next`.
    void start(aio& waiter) noexcept;

    /// Requires: something is queued.
    completion_event take() noexcept;

    /// Ends it and waits until the kernel has let go; nothing is called any more.
    void retire() noexcept;

    bool one_shot() const noexcept { return one_shot_; }
    bool empty() const noexcept { return answers_.empty(); }

    /// Nobody will take it: a descriptor is closed.
    virtual void dispose(completion_event answer) noexcept = 0;
    virtual completion_event translate(completion_event answer) const noexcept = 0;
    virtual remedy what_to_do(std::error_code why) const noexcept = 0;

    /// Passes each value of an answer to `keep`.
    virtual void take_in(completion_event answer) noexcept = 0;

    /// Whether that answer says that there will be no more.
    virtual bool is_end(completion_event answer) const noexcept = 0;

    /// What it takes from; null when that is nothing that runs out.
    virtual supply* taken_from() const noexcept = 0;

    void keep(completion_event answer) noexcept;

  private:
    enum class phase : std::uint8_t {
        idle,      ///< Nothing is with the kernel: not begun, or no room for more.
        armed,     ///< The kernel answers.
        stopping,  ///< The kernel was told to stop; it may answer a few times more.
        pausing,   ///< Something ran out; a timer, or what is given back, will try again.
        ended,     ///< Nothing will come but what is queued.
    };

    /// The time until the next try.
    class retry_timer final : public timed_waiter {
      public:
        explicit retry_timer(multishot_source& owner) noexcept : owner_(owner) {}

      private:
        void run() noexcept override {}
        void expire() noexcept override { owner_.try_again(); }
        void cancel(std::error_code) noexcept override {}
        void describe(wait_report&) const override {}

        multishot_source& owner_;
    };

    /// Its place among what ends with a group, from its making until it has ended.
    class place final : public aio_group::resident {
      public:
        place(aio_group& group, multishot_source& owner) noexcept
            : resident(group), owner_(owner) {}
        void abort(std::error_code reason) noexcept override { owner_.end_with(reason); }

      private:
        multishot_source& owner_;
    };

    static void give_up(aio& waiter, void* self, std::error_code reason) noexcept;

    void complete(completion_event answer) noexcept final;
    // The home ends: nobody else would end what no coroutine waits for.
    void cancel(std::error_code reason) noexcept final { end_with(reason); }
    void show_lines(line_visitor&) final {}

    void arm() noexcept;
    void ask_to_stop() noexcept;
    void end_with(std::error_code why) noexcept;
    void let_go() noexcept;
    void become_ended() noexcept;
    void go_on_after(completion_event last) noexcept;
    void wait_for_supply() noexcept;
    void supplied() noexcept final { try_again(); }
    void try_again() noexcept;
    void leave_pause() noexcept;
    void pause() noexcept;
    void tell() noexcept;
    bool has_room() const noexcept { return answers_.size() < most_; }

    const std::uint32_t most_;
    const kernel_version since_;
    answer_queue answers_;
    home* home_ = nullptr;
    aio* waiter_ = nullptr;
    retry_timer timer_;
    growing_pause pauses_;
    std::optional<place> place_;
    std::error_code end_;         // Why it ends; empty while it goes on.
    std::uint64_t asked_at_ = 0;  // The ring's system calls when it was asked to stop.
    std::uint64_t returns_ = 0;   // To the supply, when it was armed.
    phase phase_ = phase::idle;
    bool one_shot_ = false;  // The kernel knows no multishot of it: re-armed single shots.
};

/// An operation that answers many times, as a sequence of values:
///
///     multishot peers(accept{.socket = door});
///     while (auto peer = co_await peers.next()) serve(*std::move(peer));
///
/// The kernel begins with the first `next`. Values come in order and none is lost: what is queued
/// when a wait is cancelled, late or destroyed is there for the next one. A slow consumer stops the
/// flow, see `multishot_options`. When the kernel ends it without an error it is armed again; when
/// descriptors or memory ran out, after a pause that grows; when the buffers of a pool did, as soon
/// as one is given back.
///
/// Errors: end_of_stream when the peer or the file is at its end; closed after `close`; the reason
/// of a group that ended with it; what the operation reports. All of them once what came before is
/// taken, and each further `next` fails with the same.
/// Cancel: ends the wait, with a deadline or without, and not the sequence.
/// Lifetime: destroying it ends the operation and waits until the kernel has let go; values that
/// nobody took are disposed of. One `next` at a time.
/// Threads: those of one home.
template <multishot_call Call>
class multishot final : public multishot_source {
  public:
    using value_type = decltype(std::declval<const Call&>().value(completion_event()));

    /// A wait for the next value.
    class next_value;

    /// With a group, it ends as soon as that does. Lifetime: the group outlives it, or has ended.
    explicit multishot(Call call, multishot_options options = {}, aio_group* group = nullptr)
        : multishot_source(options, Call::multishot_since, group), call_(call), next_(*this) {}
    ~multishot() {
        retire();
        while (!empty()) dispose(take());
    }

    [[nodiscard]] next_value& next() noexcept { return next_; }

  private:
    void prepare(io_uring_sqe& entry) const noexcept override {
        if (one_shot())
            call_.prepare(entry);
        else
            call_.prepare_multishot(entry);
    }

    completion_event translate(completion_event answer) const noexcept override {
        if constexpr (takes_from_pool<Call>) call_.pool.heard(answer);
        if constexpr (translates_answer<Call>) answer = call_.translated(answer);
        return answer;
    }

    void take_in(completion_event answer) noexcept override {
        if constexpr (takes_from_pool<Call>) {
            // Bytes that lie in several buffers are as many values.
            do keep(call_.pool.next_piece(answer));
            while (answer.result > 0);
        } else {
            keep(answer);
        }
    }

    bool is_end(completion_event answer) const noexcept override {
        if constexpr (requires { Call::is_end(answer); }) return Call::is_end(answer);
        return false;
    }

    supply* taken_from() const noexcept override {
        if constexpr (takes_from_pool<Call>) return &call_.pool;
        return nullptr;
    }

    remedy what_to_do(std::error_code why) const noexcept override { return Call::remedy_for(why); }

    void dispose(completion_event answer) noexcept override {
        if constexpr (owns_something<value_type>) {
            [[maybe_unused]] const value_type dropped = call_.value(answer);
        }
    }

    Call call_;
    next_value next_;
};

template <multishot_call Call>
class multishot<Call>::next_value final : public aio_awaitable<value_type> {
  public:
    explicit next_value(multishot& source) noexcept : source_(source) {}
    ~next_value() { this->retire(); }

  private:
    friend class multishot;

    void start() noexcept override { source_.multishot_source::start(*this); }

    value_type value() noexcept override {
        const completion_event answer = source_.take();
        if constexpr (!std::is_void_v<value_type>) return source_.call_.value(answer);
    }

    void describe(wait_report& report) const override {
        aio::describe(report);
        report.name = Call::name;
        report.provider = "multishot";
        if constexpr (requires { source_.call_.socket.number(); })
            report.descriptor = source_.call_.socket.number();
    }

    multishot& source_;
};

}  // namespace lariat
