#include "runtime/condition_variable.hpp"

#include "runtime/shield.hpp"

namespace lariat {

class condition_variable::notification final : public wait_list::entry,
                                               public awaiting<notification> {
  public:
    explicit notification(condition_variable& subject) noexcept
        : entry(subject.waiters_, "condition_variable"), subject_(subject) {}
    ~notification() { leave(); }

    bool launch() noexcept {
        wait_list::section now;
        return admitted() && enter(now);
    }
    result<void> await_resume() noexcept { return outcome(); }

  private:
    bool give_back(wait_list::section& now) noexcept override {
        subject_.waiters_.release_one(now);
        return true;
    }

    condition_variable& subject_;
};

struct condition_variable::next_news {
    condition_variable& subject;
    notification operator co_await() const noexcept { return notification(subject); }
};

task<result<void>> condition_variable::wait(mutex& lock, mutex::hold& held) {
    check(static_cast<bool>(held), "condition_variable: waited for without the mutex");
    // Whoever locks now runs after this has begun to wait.
    held.release();
    const auto came = co_await next_news{*this};
    held = *co_await shield(lock.lock());
    co_return came;
}

}  // namespace lariat
