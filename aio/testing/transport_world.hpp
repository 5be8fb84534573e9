#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "aio/address.hpp"
#include "aio/any_listener.hpp"
#include "aio/any_stream.hpp"
#include "aio/buffer.hpp"
#include "aio/op/socket.hpp"
#include "aio/stream.hpp"
#include "runtime/check.hpp"
#include "runtime/clock.hpp"
#include "runtime/composite.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"
#include "runtime/within.hpp"

namespace lariat::testing {

/// What a transport can do, so that a rule about what it cannot is left out, and named in the
/// report. Each has to be said.
struct transport_traits {
    bool listens;      ///< Peers dial who listens; where not, both ends are made at once: `pair`.
    bool ends;         ///< Who is left is told: the rest, then 0; a send fails.
    bool half_close;   ///< One direction can be ended alone.
    bool resets;       ///< A peer can end a connection so that this is an error; see `reset`.
    bool descriptors;  ///< Each connection takes a descriptor, which may run out.
    bool refuses;      ///< Who dials where nobody listens is refused; see `dial_nobody`.
    bool black_hole;   ///< Who dials a listener that is full waits; see `listen_narrow`.
    bool takes_names;  ///< A place has one listener at a time; see `listen_again`.
    bool long_names;   ///< A place can have too long a name; see `listen_too_long`.
    bool outlived;     ///< A stream may be destroyed under its operations.
};

/// One end of a connection of the transport under test.
class transport_end {
  public:
    virtual ~transport_end() = default;

    virtual task<transfer> receive(buffer_view into, duration limit = forever) = 0;
    virtual task<transfer> send(const_buffer_view from, duration limit = forever) = 0;
    virtual task<transfer> receive_scattered(std::span<const buffer_view> into) = 0;
    virtual task<transfer> send_gathered(std::span<const const_buffer_view> from) = 0;
    virtual task<result<void>> shutdown(direction which) = 0;
    virtual void close() noexcept = 0;
    virtual bool is_open() const noexcept = 0;
    virtual result<address> local_address() const = 0;
    virtual result<address> peer_address() const = 0;
    virtual void reset() = 0;
};

using transport_end_pointer = std::unique_ptr<transport_end>;

/// A listener of the transport under test.
class transport_door {
  public:
    virtual ~transport_door() = default;

    virtual task<result<transport_end_pointer>> accept(duration limit = forever) = 0;
    virtual void close() noexcept = 0;
    virtual bool is_open() const noexcept = 0;
    virtual result<address> local_address() const = 0;
};

using transport_door_pointer = std::unique_ptr<transport_door>;

/// Both ends of a connection.
using transport_ends = std::pair<transport_end_pointer, transport_end_pointer>;

/// The transport under test, whatever its types. What it cannot do by its traits is not asked for.
class transport_world {
  public:
    virtual ~transport_world() = default;

    virtual transport_traits traits() const noexcept = 0;
    virtual task<result<transport_ends>> pair() { mistake("transport_suite: it listens"); }
    virtual task<result<transport_door_pointer>> listen() { mistake(listens_not); }
    virtual task<result<transport_door_pointer>> listen_narrow() { mistake(listens_not); }
    virtual task<result<transport_door_pointer>> listen_again(transport_door&) {
        mistake(listens_not);
    }
    virtual task<result<transport_door_pointer>> listen_too_long() { mistake(listens_not); }
    virtual task<result<transport_end_pointer>> dial(transport_door&, duration = forever) {
        mistake(listens_not);
    }
    virtual task<result<transport_end_pointer>> dial_nobody() { mistake(listens_not); }

  private:
    static constexpr const char* listens_not = "transport_suite: it does not listen";
};

/// What awaits the awaitables that a transport gives, under a limit of time if there is one.
template <class Awaitable>
struct transport_await {
    using outcome = await_result<Awaitable>;

    static task<outcome> under(duration limit, Awaitable awaitable) {
        if (limit != forever) {
            auto limited = co_await within(limit, std::move(awaitable));
            co_return limited;
        }
        auto plain = co_await std::move(awaitable);
        co_return plain;
    }

    /// The same for one that moves bytes.
    static task<transfer> moved(duration limit, Awaitable awaitable) {
        const outcome step = co_await under(limit, std::move(awaitable));
        if constexpr (std::same_as<outcome, transfer>)
            co_return step;
        else
            co_return step ? transfer(*step) : transfer(step.error(), 0);
    }

    /// The same for one that makes something, of which `Made` is made.
    template <class Made, class Base, class Subject>
    static task<result<std::unique_ptr<Base>>> made(duration limit, Subject& subject,
                                                    Awaitable awaitable) {
        outcome inner = co_await under(limit, std::move(awaitable));
        if (!inner) co_return inner.error();
        std::unique_ptr<Base> whole = std::make_unique<Made>(subject, *std::move(inner));
        co_return whole;
    }
};

template <class Subject, stream Stream>
class transport_end_of final : public transport_end {
  public:
    transport_end_of(Subject& subject, Stream held) : subject_(subject), stream_(std::move(held)) {}

    task<transfer> receive(buffer_view into, duration limit) override {
        return moved(limit, stream_.receive(into));
    }
    task<transfer> send(const_buffer_view from, duration limit) override {
        return moved(limit, stream_.send(from));
    }
    task<transfer> receive_scattered(std::span<const buffer_view> into) override {
        return moved(forever, receive_into(stream_, into));
    }
    task<transfer> send_gathered(std::span<const const_buffer_view> from) override {
        return moved(forever, send_from(stream_, from));
    }
    task<result<void>> shutdown(direction which) override { return ended(stream_.shutdown(which)); }
    void close() noexcept override { stream_.close(); }
    bool is_open() const noexcept override { return stream_.is_open(); }
    result<address> local_address() const override { return stream_.local_address(); }
    result<address> peer_address() const override { return stream_.peer_address(); }

    void reset() override {
        if constexpr (Subject::traits.resets) subject_.reset(stream_);
    }

  private:
    template <class Awaitable>
    static task<transfer> moved(duration limit, Awaitable awaitable) {
        return transport_await<Awaitable>::moved(limit, std::move(awaitable));
    }
    template <class Awaitable>
    static task<result<void>> ended(Awaitable awaitable) {
        return transport_await<Awaitable>::under(forever, std::move(awaitable));
    }

    Subject& subject_;
    Stream stream_;
};

/// Awaits a stream, and makes an end of it.
template <class Subject, class Awaitable>
task<result<transport_end_pointer>> end_under(duration limit, Subject& subject,
                                              Awaitable awaitable) {
    using made = typename await_result<Awaitable>::value_type;
    return transport_await<Awaitable>::template made<transport_end_of<Subject, made>,
                                                     transport_end>(limit, subject,
                                                                    std::move(awaitable));
}

template <class Subject, stream_listener Listener>
class transport_door_of final : public transport_door {
  public:
    transport_door_of(Subject& subject, Listener held)
        : subject_(subject), listener_(std::move(held)) {}

    task<result<transport_end_pointer>> accept(duration limit) override {
        return end_under(limit, subject_, listener_.accept());
    }
    void close() noexcept override { listener_.close(); }
    bool is_open() const noexcept override { return listener_.is_open(); }
    result<address> local_address() const override { return listener_.local_address(); }

    Listener& listener() noexcept { return listener_; }

  private:
    Subject& subject_;
    Listener listener_;
};

template <class Subject>
concept has_transport_traits = requires {
    { Subject::traits } -> std::convertible_to<transport_traits>;
};

/// What the suite needs of a transport: how to listen at a place of its own each time, and how to
/// dial who listens there. What else there has to be follows from its traits:
///
///     void reset(Stream&);                            // resets: the peer's next receive fails
///     task<result<Stream>> dial_nobody();             // refuses
///     task<result<Listener>> listen_narrow();         // black_hole: with room for few who dial
///     task<result<Listener>> listen_again(Listener&); // takes_names: where that one listens
///     task<result<Listener>> listen_too_long();       // long_names
template <class Subject>
concept listening_subject =
    has_transport_traits<Subject> && Subject::traits.listens && requires(Subject& subject) {
        requires stream_listener<typename await_result<decltype(subject.listen())>::value_type>;
    };

/// One that does not listen has, in the place of `listen` and `dial`:
///
///     task<result<std::pair<Stream, Other>>> pair();  // both ends of a connection
///
/// The traits that are about who listens and who dials are not its own.
template <class Subject>
concept pair_subject =
    has_transport_traits<Subject> && !Subject::traits.listens && requires(Subject& subject) {
        requires stream<typename await_result<decltype(subject.pair())>::value_type::first_type>;
        requires stream<typename await_result<decltype(subject.pair())>::value_type::second_type>;
        requires !(Subject::traits.descriptors || Subject::traits.refuses ||
                   Subject::traits.black_hole || Subject::traits.takes_names ||
                   Subject::traits.long_names);
    };

template <class Subject>
concept transport_subject = listening_subject<Subject> || pair_subject<Subject>;

template <pair_subject Subject>
class transport_pair_world_of final : public transport_world {
  public:
    transport_traits traits() const noexcept override { return Subject::traits; }

    task<result<transport_ends>> pair() override {
        auto both = co_await subject_.pair();
        if (!both) co_return both.error();
        transport_ends ends(end_of(std::move(both->first)), end_of(std::move(both->second)));
        co_return ends;
    }

  private:
    template <stream Stream>
    transport_end_pointer end_of(Stream held) {
        return std::make_unique<transport_end_of<Subject, Stream>>(subject_, std::move(held));
    }

    Subject subject_;
};

template <listening_subject Subject>
class transport_world_of final : public transport_world {
    using listener = typename await_result<decltype(std::declval<Subject&>().listen())>::value_type;
    using door = transport_door_of<Subject, listener>;
    using door_task = task<result<transport_door_pointer>>;
    using end_task = task<result<transport_end_pointer>>;

  public:
    transport_traits traits() const noexcept override { return Subject::traits; }

    door_task listen() override { return opened(subject_, subject_.listen()); }
    door_task listen_narrow() override {
        if constexpr (Subject::traits.black_hole)
            return opened(subject_, subject_.listen_narrow());
        else
            mistake("transport_suite: it has no black hole");
    }
    door_task listen_again(transport_door& at) override {
        if constexpr (Subject::traits.takes_names)
            return opened(subject_, subject_.listen_again(static_cast<door&>(at).listener()));
        else
            mistake("transport_suite: it takes no names");
    }
    door_task listen_too_long() override {
        if constexpr (Subject::traits.long_names)
            return opened(subject_, subject_.listen_too_long());
        else
            mistake("transport_suite: its names cannot be too long");
    }
    end_task dial(transport_door& to, duration limit) override {
        return end_under(limit, subject_, subject_.dial(static_cast<door&>(to).listener()));
    }
    end_task dial_nobody() override {
        if constexpr (Subject::traits.refuses)
            return end_under(forever, subject_, subject_.dial_nobody());
        else
            mistake("transport_suite: it refuses nobody");
    }

  private:
    template <class Awaitable>
    static door_task opened(Subject& subject, Awaitable awaitable) {
        return transport_await<Awaitable>::template made<door, transport_door>(
            forever, subject, std::move(awaitable));
    }

    Subject subject_;
};

}  // namespace lariat::testing
