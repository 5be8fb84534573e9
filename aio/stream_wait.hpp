#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>

#include "aio/address.hpp"
#include "aio/aio.hpp"
#include "aio/buffer.hpp"
#include "aio/copy_words.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/socket.hpp"
#include "aio/stream.hpp"
#include "runtime/error.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/result.hpp"
#include "runtime/shield.hpp"
#include "runtime/wait_report.hpp"
#include "runtime/within.hpp"

namespace lariat {

/// What a stream of any kind is asked to do, by the names of its members. Parameters only.
struct stream_request {
    enum class kind : std::uint32_t { receive, send, receive_scattered, send_gathered, shutdown };

    kind what = kind::receive;
    direction which = direction::both;  ///< Of `shutdown`.
    union {
        buffer_view into{};                           ///< Of `receive`.
        const_buffer_view from;                       ///< Of `send`.
        std::span<const buffer_view> scattered;       ///< Of `receive_scattered`.
        std::span<const const_buffer_view> gathered;  ///< Of `send_gathered`.
    };
};

static_assert(copied_by_words<stream_request> && sizeof(stream_request) == 24);

class stream_wait;

/// What an `any_stream` holds: a stream of some kind, behind one virtual call for each operation.
class stream_model {
  public:
    virtual ~stream_model() = default;

    /// Begins what `wait` asks for, by `wait.run(...)` or `wait.fail(why)`.
    /// Returns: what that returned.
    virtual bool launch(stream_wait& wait) noexcept = 0;

    virtual void close() noexcept = 0;
    virtual bool is_open() const noexcept = 0;
    virtual result<address> local_address() const = 0;
    virtual result<address> peer_address() const = 0;
    virtual descriptor_ref socket() const noexcept = 0;

    /// Returns: the stream if it is of the type that `type` is the tag of; else null.
    virtual void* get(const void* type) noexcept = 0;

    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        frame_pool::release(memory, size);
    }
};

/// An awaiter whose aio tells all there is to tell: it yields the error and the count, and once it
/// is over nothing is left to be destroyed.
template <class Awaiter>
concept told_by_its_aio = std::derived_from<Awaiter, aio> && launchable<Awaiter> &&
                          requires { requires Awaiter::told_by_aio; };

/// Runs what cannot be launched as it is, a task for one, as the only member of a composite.
template <class Awaitable>
class lone_member final : public single_member<Awaitable>, public awaiting<lone_member<Awaitable>> {
  public:
    explicit lone_member(Awaitable&& awaitable)
        : single_member<Awaitable>("any_stream", std::forward<Awaitable>(awaitable)) {}

    bool launch() noexcept { return this->launch_only(); }
    auto await_resume() { return this->only_.awaiter.await_resume(); }
};

template <class Awaitable, bool = launchable<std::remove_cvref_t<awaiter_type<Awaitable>>>>
struct unlimited_awaiter {
    using type = awaiter_type<Awaitable>;
};
template <class Awaitable>
struct unlimited_awaiter<Awaitable, false> {
    using type = lone_member<kept<Awaitable>>;
};

/// What waits for an awaitable without a limit of time.
template <class Awaitable>
using unlimited = typename unlimited_awaiter<Awaitable>::type;

/// The wait for an operation of a stream whose type is not known here. The operation of the stream
/// itself is made inside of it, in the frame of the coroutine that waits: nothing is allocated.
/// One that does not fit is run by a coroutine, whose frame comes from the pool.
class stream_wait : public waiter {
  public:
    stream_wait(stream_model& model, const stream_request& request) noexcept : model_(model) {
        copy_words(request_, request);
    }
    stream_wait(const stream_wait&) = delete;
    stream_wait& operator=(const stream_wait&) = delete;

    bool launch() noexcept { return model_.launch(*this); }

    /// A limit of time for this one wait.
    struct limit {
        duration span = forever;
        time_point until = never;

        bool any() const noexcept { return span != forever || until != never; }
        time_limit as_time_limit() const noexcept {
            return until != never ? time_limit(until) : time_limit(span);
        }
    };

    void set_timeout(duration span) noexcept { limit_ = {span, never}; }
    void set_deadline(time_point when) noexcept { limit_ = {forever, when}; }
    limit save_limit() const noexcept { return limit_; }
    void restore_limit(limit saved) noexcept { limit_ = saved; }

    // For the model.

    const stream_request& request() const noexcept { return request_; }

    /// Runs what `make()` makes, which yields `result<std::size_t>`, `transfer` or `result<void>`;
    /// what it throws is rethrown to whoever waits.
    /// Returns: whether it is pending.
    template <class Make>
    bool run(Make make) noexcept;

    /// Returns: false: it is over.
    bool fail(std::error_code why) noexcept {
        failure_ = why;
        return false;
    }

  protected:
    ~stream_wait() {
        leave_queue();
        if (made_) [[unlikely]]
            made_->destroy(room_);
    }

    transfer outcome() {
        if (subject_) [[likely]] {
            made_ = nullptr;  // Nothing is left of it.
            return {subject_->outcome(), subject_->count()};
        }
        if (made_) return made_->take(room_);
        if (thrown_) std::rethrow_exception(thrown_);
        return {failure_, 0};
    }

  private:
    static transfer told(const result<std::size_t>& outcome) noexcept {
        return outcome ? transfer(*outcome) : transfer(outcome.error(), 0);
    }
    static transfer told(const result<void>& outcome) noexcept { return {outcome.error(), 0}; }
    static transfer told(const transfer& outcome) noexcept { return outcome; }

    /// What is done with the operation in `room_`.
    struct vtable {
        transfer (*take)(void* made);
        void (*destroy)(void* made) noexcept;
    };

    static constexpr std::size_t room_size = 384;

    template <class Awaiter>
    static constexpr bool fits = sizeof(Awaiter) <= room_size && alignof(Awaiter) <= 16;

    template <class Awaiter>
    static constexpr vtable table_of{
        [](void* made) { return told(static_cast<Awaiter*>(made)->await_resume()); },
        [](void* made) noexcept { static_cast<Awaiter*>(made)->~Awaiter(); },
    };

    template <class Awaiter, class Make>
    bool launch_made(Make make);
    template <class Make>
    bool run_in_place(Make make);

    // A wait is queued as itself only when it was over at once: then nothing is to be cancelled.
    void cancel(std::error_code) noexcept final {}
    void describe(wait_report& report) const final { report.name = "any_stream"; }

    stream_model& model_;
    union {
        stream_request request_;
    };
    limit limit_;
    aio* subject_ = nullptr;        // What is in `room_`, if its aio tells all.
    const vtable* made_ = nullptr;  // Of what is in `room_`.
    std::error_code failure_;
    std::exception_ptr thrown_;
    alignas(16) std::byte room_[room_size];
};

template <class Make>
bool stream_wait::run(Make make) noexcept {
    using awaiter = awaiter_type<decltype(make())>;
    try {
        if constexpr (told_by_its_aio<awaiter> && fits<awaiter>) {
            auto* const made = new (room_) awaiter(awaiter_of(make()));
            made_ = &table_of<awaiter>;
            subject_ = made;
            if (limit_.any()) [[unlikely]]
                limit_.as_time_limit().apply_to(*made);
            made->attach(strand_, continuation_);
            return made->launch();
        } else {
            return run_in_place(std::move(make));
        }
    } catch (...) {
        thrown_ = std::current_exception();
        return false;
    }
}

template <class Make>
bool stream_wait::run_in_place(Make make) {
    using awaitable = decltype(make());
    using limited_awaiter = limited<kept<awaitable>>;
    using plain_awaiter = unlimited<awaitable>;
    if constexpr (!fits<limited_awaiter> || !fits<plain_awaiter>) {
        static_assert(!is_task<awaitable>, "a task of a few words must fit");
        return run_in_place([&] { return as_task<awaitable>(make()); });
    } else {
        if (limit_.any()) {
            return launch_made<limited_awaiter>(
                [&] { return limited_awaiter(limit_.as_time_limit(), make()); });
        }
        return launch_made<plain_awaiter>([&] {
            if constexpr (std::same_as<plain_awaiter, lone_member<kept<awaitable>>>)
                return plain_awaiter(make());
            else
                return awaiter_of(make());
        });
    }
}

template <class Awaiter, class Make>
bool stream_wait::launch_made(Make make) {
    auto* const made = new (room_) Awaiter(make());
    made_ = &table_of<Awaiter>;
    made->attach(strand_, continuation_);
    return made->launch();
}

/// What awaiting an operation of a stream begins.
template <class Yields>
class [[nodiscard]] stream_wait_for final : public stream_wait,
                                            public awaiting<stream_wait_for<Yields>> {
  public:
    using stream_wait::stream_wait;

    Yields await_resume() {
        if constexpr (std::same_as<Yields, transfer>)
            return outcome();
        else
            return outcome().error();
    }
};

/// An operation of a stream, not begun. `co_await` yields `Yields`.
template <class Yields>
class [[nodiscard]] stream_operation {
  public:
    stream_operation(stream_model& model, const stream_request& request) noexcept
        : model_(&model), request_(request) {}

    stream_wait_for<Yields> operator co_await() const noexcept { return {*model_, request_}; }

  private:
    stream_model* model_;
    stream_request request_;
};

}  // namespace lariat
