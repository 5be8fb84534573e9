#pragma once

#include <utility>

#include "runtime/composite.hpp"

namespace lariat {

/// A composite of one: what `shield`, `within` and `with_stop` add something to.
template <class Awaitable>
class single_member : public composite {
  protected:
    single_member(const char* name, Awaitable&& awaitable)
        : composite(name), only_(std::forward<Awaitable>(awaitable)) {
        add(only_);
    }
    ~single_member() { abandon(); }

    bool launch_only(bool heed_strand = true) noexcept {
        begin_launch(heed_strand);
        launch_member(only_);
        return end_launch();
    }

    member<Awaitable> only_;
};

template <class Awaitable>
class shield_awaiter final : public single_member<Awaitable>,
                             public awaiting<shield_awaiter<Awaitable>> {
  public:
    explicit shield_awaiter(Awaitable&& awaitable)
        : single_member<Awaitable>("shield", std::forward<Awaitable>(awaitable)) {}

    bool launch() noexcept { return this->launch_only(false); }
    auto await_resume() { return this->only_.awaiter.await_resume(); }

  private:
    void cancel(std::error_code) noexcept override {}
    void retract(std::error_code) noexcept override {}
};

template <class Awaitable>
class [[nodiscard]] shield_description {
  public:
    explicit shield_description(Awaitable&& awaitable)
        : awaitable_(std::forward<Awaitable>(awaitable)) {}
    shield_awaiter<Awaitable> operator co_await() && {
        return shield_awaiter<Awaitable>(std::forward<Awaitable>(awaitable_));
    }

  private:
    Awaitable awaitable_;
};

/// Runs clean-up that must still do I/O: neither cancel nor shutdown reaches `awaitable`, and it
/// can start operations although the strand is cancelled. The outer reason applies again after it.
/// What is shielded needs a deadline of its own: `shield(within(1s, ...))`.
template <class Awaitable>
auto shield(Awaitable&& awaitable) {
    return shield_description<kept<Awaitable>>(std::forward<Awaitable>(awaitable));
}

}  // namespace lariat
