#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "runtime/wait_list.hpp"

namespace lariat {

/// Units that coroutines take and give back: a limit on how many do something at once. Who comes
/// first gets them first; nobody overtakes one that waits for many.
/// Threads: those of one home.
class semaphore {
  public:
    class hold;
    class waiting;
    struct description {
        semaphore& subject;
        std::size_t units;
        const char* name;
        waiting operator co_await() const noexcept;
    };

    explicit semaphore(std::size_t units) noexcept : available_(units) {}
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;

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
    std::optional<hold> try_acquire(std::size_t units = 1) noexcept;

    /// Adds units, or gives back those of a hold that was let out of hand.
    void release(std::size_t units = 1) noexcept {
        available_ += units;
        if (!waiters_.empty()) [[unlikely]]
            serve();
    }

    std::size_t available() const noexcept { return available_; }

  private:
    bool can_take(std::size_t units) const noexcept {
        return units <= available_ && waiters_.empty();
    }
    void serve() noexcept;

    wait_list waiters_;
    std::size_t available_;
};

/// Units that were taken. Gives them back once.
class [[nodiscard]] semaphore::hold {
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
        if (from_) std::exchange(from_, nullptr)->semaphore::release(units_);
    }

    /// Keeps them taken: someone else will call `semaphore::release`.
    void forget() noexcept { from_ = nullptr; }

    explicit operator bool() const noexcept { return from_ != nullptr; }

    void swap(hold& other) noexcept {
        std::swap(from_, other.from_);
        std::swap(units_, other.units_);
    }

  private:
    friend class semaphore;
    friend class waiting;

    hold(semaphore& from, std::size_t units) noexcept : from_(&from), units_(units) {}

    semaphore* from_ = nullptr;
    std::size_t units_ = 0;
};

class semaphore::waiting final : public wait_list::entry, public awaiting<semaphore::waiting> {
  public:
    explicit waiting(const description& what) noexcept
        : entry(what.subject.waiters_, what.name), subject_(what.subject), units_(what.units) {}
    ~waiting() {
        if (!taken_ && !idle()) [[unlikely]]
            leave();
    }

    bool launch() noexcept {
        if (!subject_.can_take(units_)) return enter();
        if (!admitted()) return false;
        subject_.available_ -= units_;
        return pass();
    }

    result<hold> await_resume() noexcept {
        taken_ = true;
        if (!released()) [[unlikely]]
            return outcome().error();
        return hold(subject_, units_);
    }

  private:
    friend class semaphore;

    void gave_up() noexcept override { subject_.serve(); }

    /// Destroyed before it was told.
    void leave() noexcept;

    semaphore& subject_;
    const std::size_t units_;
    bool taken_ = false;
};

inline semaphore::waiting semaphore::description::operator co_await() const noexcept {
    return waiting(*this);
}

inline std::optional<semaphore::hold> semaphore::try_acquire(std::size_t units) noexcept {
    if (!can_take(units)) return std::nullopt;
    available_ -= units;
    return hold(*this, units);
}

}  // namespace lariat
