#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

#include "aio/aio.hpp"
#include "aio/op/operation.hpp"
#include "runtime/completion.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/ring.hpp"
#include "runtime/wait_report.hpp"

namespace lariat {

class chain;

/// One operation of a chain, and how it ended.
class chain_member : public completion {
  public:
    chain_member(const chain_member&) = delete;
    chain_member& operator=(const chain_member&) = delete;

    bool done() const noexcept { return done_; }
    completion_event event() const noexcept { return event_; }

    /// Fills its own entry, without the link to the next.
    virtual void prepare_alone(io_uring_sqe& entry) const noexcept = 0;
    virtual completion_event translate(completion_event event) const noexcept = 0;
    virtual bool supported(const ring& kernel) const noexcept = 0;

  protected:
    chain_member() = default;
    virtual ~chain_member() = default;

  private:
    friend class chain;

    void prepare(io_uring_sqe& entry) const noexcept final;
    void complete(completion_event event) noexcept final;

    chain* owner_ = nullptr;
    completion_event event_{};
    bool answered_ = false;  // What comes yet is only the word that its memory is free.
    bool done_ = false;
};

/// How the members of a chain depend on one another.
enum class link_kind : std::uint8_t {
    soft,  ///< One begins when the one before has succeeded; otherwise it is cancelled.
    hard,  ///< One begins when the one before has ended, in whatever way.
};

/// Several operations that the kernel runs one after the other, as one aio. It is over when all
/// have had their last answer.
class chain : public aio {
  public:
    chain(const chain&) = delete;
    chain& operator=(const chain&) = delete;

    aio& subject() noexcept { return *this; }

  protected:
    chain(std::span<chain_member* const> members, link_kind kind) noexcept
        : members_(members), kind_(kind) {}
    virtual ~chain() = default;

    bool submit() noexcept;

    /// Why a member has no value; empty when it has.
    std::error_code error_of(std::size_t index) const noexcept;

    /// The member that broke it; the count of members when none did.
    std::size_t broken_at() const noexcept;

    bool started() const noexcept { return started_; }

  private:
    friend class chain_member;

    static void give_up(aio& whom, void* self, std::error_code reason) noexcept;

    void start(ring& kernel) noexcept;
    void fill(io_uring_sqe& first) const noexcept;
    void heard(chain_member& member, completion_event event) noexcept;
    void end() noexcept;
    bool all_supported(const ring& kernel) const noexcept;

    std::span<chain_member* const> members_;
    std::size_t pending_ = 0;
    const link_kind kind_;
    bool started_ = false;
};

/// What a chain yields: what each of its members yields, and where it broke.
template <class... Values>
class [[nodiscard]] chain_results {
  public:
    chain_results(std::tuple<result<Values>...>&& all, std::size_t broken,
                  std::error_code why) noexcept
        : all_(std::move(all)), broken_(broken), error_(why) {}

    /// Whether all members succeeded, in full.
    explicit operator bool() const noexcept { return broken_ == sizeof...(Values); }

    /// The index of the member that broke the chain, by an error or a short transfer, or that was
    /// the first to be cancelled; the count of members when it is whole.
    std::size_t broken() const noexcept { return broken_; }

    /// The first error; empty when there was none.
    std::error_code error() const noexcept { return error_; }

    /// A member's own result; `canceled` for one that a break kept from beginning.
    template <std::size_t Index>
    auto& get() noexcept {
        return std::get<Index>(all_);
    }

  private:
    std::tuple<result<Values>...> all_;
    std::size_t broken_;
    std::error_code error_;
};

/// A chain of these descriptions.
template <kernel_call... Calls>
class chain_of : public chain {
    template <class Call>
    using value_of = decltype(std::declval<const Call&>().value(completion_event()));

  public:
    chain_results<value_of<Calls>...> await_resume() noexcept {
        untaken_ = false;
        return take(std::index_sequence_for<Calls...>());
    }

  protected:
    chain_of(link_kind kind, const Calls&... calls) noexcept
        : chain(pointers_, kind), members_(calls...) {
        std::size_t index = 0;
        std::apply([&](auto&... each) { ((pointers_[index++] = &each), ...); }, members_);
    }
    ~chain_of() override {
        if (this->in_progress()) this->retire();
        if (untaken_) dispose(std::index_sequence_for<Calls...>());
    }

    bool begin_all() noexcept {
        untaken_ = true;
        return this->submit();
    }

  private:
    template <class Call>
    class member final : public chain_member {
      public:
        explicit member(const Call& call) noexcept : call_(call) {}

        value_of<Call> value() const noexcept { return call_.value(event()); }

      private:
        void prepare_alone(io_uring_sqe& entry) const noexcept override { call_.prepare(entry); }

        completion_event translate(completion_event event) const noexcept override {
            if constexpr (takes_from_pool<Call>) {
                call_.pool.heard(event);
                event = call_.pool.next_piece(event);
            }
            if constexpr (translates_answer<Call>) event = call_.translated(event);
            return event;
        }

        bool supported(const ring& kernel) const noexcept override {
            if constexpr (has_fallback<Call>) return call_.supported(kernel);
            return true;
        }

        Call call_;
    };

    template <std::size_t Index>
    result<value_of<std::tuple_element_t<Index, std::tuple<Calls...>>>> take_one() noexcept {
        using value = value_of<std::tuple_element_t<Index, std::tuple<Calls...>>>;
        if (const std::error_code why = this->error_of(Index)) return why;
        if constexpr (std::is_void_v<value>)
            return {};
        else
            return std::get<Index>(members_).value();
    }

    template <std::size_t... Index>
    chain_results<value_of<Calls>...> take(std::index_sequence<Index...>) noexcept {
        return {{take_one<Index>()...}, this->broken_at(), this->error()};
    }

    template <std::size_t... Index>
    void dispose(std::index_sequence<Index...>) noexcept {
        if (this->started()) ((void)take_one<Index>(), ...);
    }

    void describe(wait_report& report) const override {
        aio::describe(report);
        report.name = "link";
        report.provider = "kernel";
    }

    std::tuple<member<Calls>...> members_;
    std::array<chain_member*, sizeof...(Calls)> pointers_{};
    bool untaken_ = false;
};

/// The awaiter of `link`.
template <kernel_call... Calls>
class [[nodiscard]] chain_operation final : public chain_of<Calls...>,
                                            public awaiting<chain_operation<Calls...>> {
  public:
    chain_operation(link_kind kind, const Calls&... calls) noexcept
        : chain_of<Calls...>(kind, calls...) {}

    bool launch() noexcept { return this->begin_all(); }
};

/// A chain that is not awaited yet.
template <kernel_call... Calls>
class [[nodiscard]] chain_description {
  public:
    chain_description(link_kind kind, const Calls&... calls) noexcept
        : kind_(kind), calls_(calls...) {}

    chain_operation<Calls...> operator co_await() const noexcept {
        return make(
            [this](const Calls&... each) { return chain_operation<Calls...>(kind_, each...); });
    }

    link_kind kind() const noexcept { return kind_; }

    /// Returns: what `with` makes of the descriptions.
    template <class Make>
    auto make(Make with) const noexcept {
        return std::apply(with, calls_);
    }

  private:
    link_kind kind_;
    std::tuple<Calls...> calls_;
};

/// Operations that the kernel runs one after the other, without a way back in between:
/// `co_await link(write{...}, fsync{...})`. An error or a short transfer breaks the chain: what
/// follows does not begin. Yields `chain_results`.
/// Errors: of each member its own; for all of them `function_not_supported` when the kernel lacks
/// one, `argument_list_too_long` when they are more than `ring_options::entries`.
/// Cancel: ends the member that runs and what follows; a deadline (`within`) covers the whole
/// chain. Lifetime: descriptors and memory of all members until the last of them has ended. The
/// kernel looks a later member's descriptor up when its turn comes: one that was closed and opened
/// again meanwhile would be another file. Source: io_uring_enter(2), IOSQE_IO_LINK, Linux 5.3. A
/// kernel without memory for a whole batch may take a chain in two parts that do not wait for one
/// another.
template <kernel_call... Calls>
    requires(sizeof...(Calls) > 0 && sizeof...(Calls) <= 64)
chain_description<Calls...> link(const Calls&... calls) noexcept {
    return {link_kind::soft, calls...};
}

/// The same, but a member that fails does not keep the next from beginning. Only a cancel does.
/// Source: io_uring_enter(2), IOSQE_IO_HARDLINK, Linux 5.5.
template <kernel_call... Calls>
    requires(sizeof...(Calls) > 0 && sizeof...(Calls) <= 64)
chain_description<Calls...> link_hard(const Calls&... calls) noexcept {
    return {link_kind::hard, calls...};
}

}  // namespace lariat
