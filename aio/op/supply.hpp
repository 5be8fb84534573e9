#pragma once

#include <cstdint>

#include "runtime/intrusive_list.hpp"

namespace lariat {

/// Something that runs out and is given back: what waits for it goes on then, one for each return,
/// in the order of their coming.
/// Threads: those of one home.
class supply {
  public:
    /// What waits. It leaves by itself when it no longer does.
    class user : public list_hook<supply> {
      public:
        /// Called from where something was given back; runs no coroutine.
        virtual void supplied() noexcept = 0;

      protected:
        ~user() = default;
    };

    /// Whether all of it is there: then nobody will give anything back.
    virtual bool complete() const noexcept = 0;

    /// How often something was given back.
    std::uint64_t returns() const noexcept { return returns_; }

    void wait(user& whom) noexcept { waiting_.push_back(whom); }

    /// What was there for one that waited was not needed: it is the next one's.
    void pass_on() noexcept {
        if (!waiting_.empty()) [[unlikely]]
            waiting_.pop_front()->supplied();
    }

  protected:
    ~supply() = default;

    void came_back() noexcept {
        ++returns_;
        pass_on();
    }

  private:
    intrusive_list<user, supply> waiting_;
    std::uint64_t returns_ = 0;
};

}  // namespace lariat
