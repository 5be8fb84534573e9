#pragma once

#include <cstdint>
#include <system_error>

#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// One wait in a list of those who wait for the same: how far it is, and how it ended. The list may
/// be one of a home, or of several.
class listed_wait : public waiter {
  public:
    /// Returns: false when the strand is cancelled: the wait is over with its reason.
    bool admitted() noexcept {
        if (!refused()) [[likely]]
            return true;
        refuse(line()->reason);
        return false;
    }

    /// The wait is over as it begins: what it is for is there.
    /// Returns: false, as a `launch` that does not suspend.
    bool pass() noexcept {
        phase_ = phase::released;
        return false;
    }

    /// The wait is over as it begins, and fails. Returns: false, likewise.
    bool refuse(std::error_code why) noexcept {
        phase_ = phase::failed;
        error_ = why;
        return false;
    }

  protected:
    enum class phase : std::uint8_t {
        idle,      ///< Not begun.
        waiting,   ///< In its list.
        released,  ///< It has got what it waited for, and was not told yet.
        failed,    ///< It ends with an error.
        told,      ///< Its coroutine has what it waited for.
    };

    explicit listed_wait(const char* name) noexcept : name_(name) {}
    ~listed_wait() = default;

    /// The coroutine goes on: what the wait was given is no longer to be given back.
    /// Returns: whether it has got what it waited for; else `error_` says why not.
    bool told() noexcept {
        if (phase_ != phase::released) [[unlikely]]
            return false;
        phase_ = phase::told;
        return true;
    }

    /// Whether it has what it waited for, and was not told yet.
    bool has_been_given() const noexcept { return phase_ == phase::released; }

    result<void> outcome() noexcept {
        if (told()) [[likely]]
            return {};
        return error_;
    }

    void describe(wait_report& report) const override;

    const char* name_;
    home* home_ = nullptr;
    std::error_code error_;
    phase phase_ = phase::idle;
};

}  // namespace lariat
