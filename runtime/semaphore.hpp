#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/wait_list.hpp"

namespace lariat {

/// Units that coroutines take and give back: a limit on how many do something at once. Who comes
/// first gets them first; nobody overtakes one that waits for many.
/// Threads: those of one home; of a `concurrent_semaphore` and its holds, any.
template <class List>
class basic_semaphore {
    using section = typename List::section;

  public:
    class hold;
    class awaiter;
    struct description {
        basic_semaphore& subject;
        std::size_t units;
        const char* name;
        awaiter operator co_await() const noexcept { return awaiter(*this); }
    };

    explicit basic_semaphore(std::size_t units) noexcept : available_(units) {}
    basic_semaphore(const basic_semaphore&) = delete;
    basic_semaphore& operator=(const basic_semaphore&) = delete;

    /// Waits for so many units at once. `result<hold>`, which gives them back when it is destroyed.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Cancel: nothing was taken. Lifetime: the semaphore outlives waits and holds.
    [[nodiscard]] description acquire(std::size_t units = 1) noexcept {
        return {*this, units, "semaphore"};
    }

    /// The same, called `name` in a dump.
    [[nodiscard]] description acquire(std::size_t units, const char* name) noexcept {
        return {*this, units, name};
    }

    /// Takes them if they are there, and nobody waits.
    std::optional<hold> try_acquire(std::size_t units = 1) noexcept {
        const section now(lock_);
        if (!can_take(units)) return std::nullopt;
        available_ -= units;
        return hold(*this, units);
    }

    /// Adds units, or gives back those of a hold that was let out of hand.
    void release(std::size_t units = 1) noexcept {
        section now(lock_);
        release(units, now);
    }

    std::size_t available() const noexcept {
        const section now(lock_);
        return available_;
    }

  private:
    class waiting;

    bool can_take(std::size_t units) const noexcept {
        return units <= available_ && waiters_.empty();
    }

    void release(std::size_t units, section& now) noexcept {
        available_ += units;
        serve(now);
    }

    /// Those who wait get what there is, in their order.
    void serve(section& now) noexcept {
        while (!waiters_.empty()) [[unlikely]] {
            auto& first = static_cast<waiting&>(waiters_.front());
            if (first.units_ > available_) return;
            available_ -= first.units_;
            first.release(now);
        }
    }

    [[no_unique_address]] mutable typename List::lock lock_;
    List waiters_{lock_};
    std::size_t available_;
};

/// Units that were taken. Gives them back once.
template <class List>
class [[nodiscard]] basic_semaphore<List>::hold {
  public:
    hold() noexcept = default;
    hold(hold&& other) noexcept
        : from_(std::exchange(other.from_, nullptr)), units_(other.units_) {}
    hold& operator=(hold&& other) noexcept {
        hold(std::move(other)).swap(*this);
        return *this;
    }
    ~hold() { release(); }

    /// Before its end.
    void release() noexcept {
        if (from_) std::exchange(from_, nullptr)->release(units_);
    }

    /// Keeps them taken: someone else will call the semaphore's `release`.
    void forget() noexcept { from_ = nullptr; }

    explicit operator bool() const noexcept { return from_ != nullptr; }

    void swap(hold& other) noexcept {
        std::swap(from_, other.from_);
        std::swap(units_, other.units_);
    }

  private:
    friend class basic_semaphore;

    hold(basic_semaphore& from, std::size_t units) noexcept : from_(&from), units_(units) {}

    basic_semaphore* from_ = nullptr;
    std::size_t units_ = 0;
};

template <class List>
class basic_semaphore<List>::waiting final : public List::entry {
  public:
    explicit waiting(const description& what) noexcept
        : List::entry(what.subject.waiters_, what.name),
          subject_(what.subject),
          units_(what.units) {}
    ~waiting() { this->leave(); }

    bool launch() noexcept {
        if (!this->admitted()) return false;
        section now(subject_.lock_);
        if (!subject_.can_take(units_)) return this->enter(now);
        subject_.available_ -= units_;
        return this->pass();
    }

    result<hold> await_resume() noexcept {
        if (!this->told()) [[unlikely]]
            return this->error_;
        return hold(subject_, units_);
    }

  private:
    friend class basic_semaphore;

    // Those behind it may have been waiting only for its turn.
    void gave_up(section& now) noexcept override { subject_.serve(now); }

    bool give_back(section& now) noexcept override {
        subject_.release(units_, now);
        return true;
    }

    basic_semaphore& subject_;
    const std::size_t units_;
};

/// Takes what is there; only when there is too little is a wait made.
template <class List>
class [[nodiscard]] basic_semaphore<List>::awaiter final {
  public:
    explicit awaiter(const description& what) noexcept
        : subject_(what.subject), units_(what.units), name_(what.name) {}
    awaiter(const awaiter&) = delete;
    awaiter& operator=(const awaiter&) = delete;
    ~awaiter() {
        if (waits_) [[unlikely]]
            wait_.~waiting();
    }

    void attach(strand* line, continuation whom) noexcept { make_wait().attach(line, whom); }
    bool launch() noexcept { return wait_.launch(); }

    bool await_ready() const noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        if constexpr (has_strand<Promise>) {
            if (!coroutine.promise().current_strand()->reason && here.immediate > 0 && take()) {
                --here.immediate;
                return false;
            }
        }
        make_wait().attach(coroutine);
        return wait_.launch() || queue_if_budget_spent(wait_);
    }

    result<hold> await_resume() noexcept {
        if (waits_) [[unlikely]]
            return wait_.await_resume();
        return hold(subject_, units_);
    }

  private:
    bool take() noexcept {
        const section now(subject_.lock_);
        if (!subject_.can_take(units_)) return false;
        subject_.available_ -= units_;
        return true;
    }

    waiting& make_wait() noexcept {
        waits_ = true;
        return *std::construct_at(&wait_, description{subject_, units_, name_});
    }

    // One by one, not as they came: a copy of all reads words that were written the moment before
    // in other pieces, and the processor waits for those to arrive.
    basic_semaphore& subject_;
    const std::size_t units_;
    const char* const name_;
    bool waits_ = false;
    union {
        waiting wait_;
    };
};

class semaphore final : public basic_semaphore<wait_list> {
  public:
    using basic_semaphore::basic_semaphore;
};

}  // namespace lariat
