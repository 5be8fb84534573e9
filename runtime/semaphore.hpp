#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "runtime/eager_wait.hpp"
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
    class waiting;
    struct attempt;
    struct description {
        basic_semaphore& subject;
        std::size_t units;
        const char* name;
        eager_wait<attempt, waiting> operator co_await() const noexcept {
            return eager_wait<attempt, waiting>(subject, units, name);
        }
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
    friend class waiting;
    friend struct attempt;

    hold(basic_semaphore& from, std::size_t units) noexcept : from_(&from), units_(units) {}

    basic_semaphore* from_ = nullptr;
    std::size_t units_ = 0;
};

template <class List>
struct basic_semaphore<List>::attempt {
    basic_semaphore& subject;
    const std::size_t units;
    const char* const name;

    const void* waits_for() const noexcept { return &subject.waiters_; }

    bool succeeds() noexcept {
        const section now(subject.lock_);
        if (!subject.can_take(units)) return false;
        subject.available_ -= units;
        return true;
    }

    result<hold> value() noexcept { return hold(subject, units); }
};

template <class List>
class basic_semaphore<List>::waiting final : public List::entry {
  public:
    explicit waiting(const attempt& what) noexcept
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

class semaphore final : public basic_semaphore<wait_list> {
  public:
    using basic_semaphore::basic_semaphore;
};

}  // namespace lariat
