#pragma once

#include "runtime/check.hpp"

namespace lariat {

class turn;

/// Lets one coroutine at a time use something, and knows whether one of them was destroyed in the
/// middle of a step, so that nobody can tell what the step had moved.
class turn_keeper {
  public:
    bool torn() const noexcept { return torn_; }
    void tear() noexcept { torn_ = true; }

  private:
    friend class turn;

    bool taken_ = false;
    bool torn_ = false;
};

/// A coroutine's use of what a `turn_keeper` keeps: made as it begins, destroyed as it returns.
class turn {
  public:
    /// Requires: no other turn; `mistake` names the one who made that.
    turn(turn_keeper& keeper, const char* mistake) noexcept : keeper_(keeper) {
        check(!keeper.taken_, mistake);
        keeper.taken_ = true;
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
        keeper_.taken_ = false;
        if (in_step_) keeper_.torn_ = true;
    }

    void begin_step() noexcept { in_step_ = true; }
    void end_step() noexcept { in_step_ = false; }

  private:
    turn_keeper& keeper_;
    bool in_step_ = false;
};

}  // namespace lariat
