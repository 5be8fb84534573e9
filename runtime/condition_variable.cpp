#include "runtime/condition_variable.hpp"

#include "runtime/shield.hpp"

namespace lariat {

class condition_variable::notification final : public wait_list::entry,
                                               public awaiting<notification> {
  public:
    explicit notification(condition_variable& subject) noexcept
        : entry(subject.waiters_, "condition_variable"), subject_(subject) {}
    ~notification() {
        // Destroyed before its turn came: it was for the next one.
        if (released() && !told_) subject_.notify_one();
    }

    bool launch() noexcept { return enter(); }
    result<void> await_resume() noexcept {
        told_ = true;
        return outcome();
    }

  private:
    condition_variable& subject_;
    bool told_ = false;
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
