#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <variant>

#include "aio/sp/far_peer.hpp"
#include "aio/sp/protocol.hpp"
#include "runtime/auto_event.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"

namespace lariat {

class sp_socket;

/// A name under which a socket is found by others of this process, on whatever thread.
/// Threads: `find` on any; all else at its home.
class sp_door final {
  public:
    /// Errors: address_in_use.
    static result<std::unique_ptr<sp_door>> open(std::string name, sp_socket& owner,
                                                 sp_protocol protocol, std::size_t most_on_the_way);

    sp_door(std::string name, sp_socket& owner, sp_protocol protocol, std::size_t most_on_the_way);
    sp_door(const sp_door&) = delete;
    sp_door& operator=(const sp_door&) = delete;
    ~sp_door();

    /// Who listens there: a socket of this thread, or the way to one of another.
    using found = std::variant<sp_socket*, std::shared_ptr<far_link>>;

    /// Errors: connection_refused, also when 128 of other threads wait there already;
    /// wrong_protocol_type.
    static result<found> find(const std::string& name, sp_protocol protocol);

    /// Waits until somebody of another thread has come. `result<void>`.
    [[nodiscard]] auto_event::description knocked() noexcept { return knocked_.wait(); }

    /// Returns: who came first of those who have, and waits still; null: nobody does.
    std::shared_ptr<far_link> first_visitor() const noexcept;

    /// It has been let in, or sent away. Requires: there is one.
    void first_has_left() noexcept;

  private:
    static constexpr std::size_t most_visitors = 128;

    class knock final : public runnable {
      public:
        explicit knock(sp_door& door) noexcept : door_(door) {}

      private:
        void run() noexcept override {}
        void arrive() noexcept override;

        sp_door& door_;
    };

    const std::string name_;
    sp_socket& owner_;
    const sp_protocol protocol_;
    const std::size_t most_on_the_way_;
    home& home_ = home::current();
    knock knock_{*this};
    auto_event knocked_;
    // Under the lock of all doors.
    std::deque<std::shared_ptr<far_link>> visitors_;
    bool posted_ = false;
    bool listed_ = false;
};

}  // namespace lariat
