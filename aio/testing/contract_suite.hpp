#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/task.hpp"
#include "runtime/within.hpp"

namespace lariat::testing {

/// A rule of the contract, and how a provider broke it.
struct contract_failure {
    std::string rule;
    std::string what;
};
std::ostream& operator<<(std::ostream& out, const contract_failure& failure);

/// An operation of the provider under test that a task waits for.
class contract_wait {
  public:
    virtual ~contract_wait() = default;
    virtual void cancel(std::error_code reason) noexcept = 0;

    std::size_t resumed() const noexcept { return resumed_; }
    std::error_code error() const noexcept { return error_; }

  protected:
    void conclude(std::error_code error) noexcept {
        ++resumed_;
        error_ = error;
    }

  private:
    std::size_t resumed_ = 0;
    std::error_code error_;
};

/// A home, and in it a provider that has nothing to do yet.
class contract_world {
  public:
    virtual ~contract_world() = default;

    /// Starts an operation that is to stay pending; with a deadline of its own if `limit` is less
    /// than `forever`.
    virtual std::unique_ptr<contract_wait> wait(duration limit = forever) = 0;
    virtual void complete() = 0;
    virtual bool has_deadlines() const noexcept = 0;
    virtual std::size_t at_once() const noexcept = 0;
    virtual std::chrono::milliseconds patience() const noexcept = 0;

    manual_home at;
};

using contract_world_maker = std::unique_ptr<contract_world> (*)();

/// What `contract_failures` does, whatever the provider.
std::vector<contract_failure> run_contract_suite(contract_world_maker make);

/// What the suite needs of a provider: how to make one, how to start an operation, and how to get
/// its work done.
template <class Subject>
concept contract_subject = requires(Subject& subject, manual_home& at) {
    Subject(at);
    subject.operation();
    { subject.complete() };
};

template <contract_subject Subject>
class contract_world_of final : public contract_world {
    using awaitable = decltype(std::declval<Subject&>().operation());
    static constexpr bool limited =
        std::is_lvalue_reference_v<awaitable> || std::move_constructible<awaitable>;

  public:
    std::unique_ptr<contract_wait> wait(duration limit) override {
        return std::make_unique<wait_of>(at, subject_, limit);
    }
    void complete() override { subject_.complete(); }
    bool has_deadlines() const noexcept override { return limited; }
    std::size_t at_once() const noexcept override {
        if constexpr (requires { Subject::at_once; })
            return Subject::at_once;
        else
            return 100;
    }
    std::chrono::milliseconds patience() const noexcept override {
        if constexpr (requires { Subject::patience; })
            return Subject::patience;
        else
            return {};
    }

  private:
    class wait_of final : public contract_wait {
      public:
        wait_of(manual_home& where, Subject& subject, duration limit)
            : task_(where, attempt(*this, subject, limit)) {}

        void cancel(std::error_code reason) noexcept override { task_.cancel(reason); }

      private:
        static task<> attempt(wait_of& self, Subject& subject, duration limit) {
            std::error_code error;
            if (limit == forever) {
                const auto outcome = co_await subject.operation();
                error = outcome.error();
            } else if constexpr (limited) {
                const auto outcome = co_await within(limit, subject.operation());
                error = outcome.error();
            }
            self.conclude(error);
        }

        running<> task_;
    };

    Subject subject_{at};
};

/// Runs the contract's rules on a provider of your own, without a kernel and without sleeping.
///
///     struct sensor_subject {
///         explicit sensor_subject(manual_home&);
///         sensor_read operation() { return sensor_read(device); }  // pending until `complete`
///         void complete() { device.deliver(42); }
///         sensor device;
///     };
///
///     auto failures = contract_failures<sensor_subject>();   // empty: every rule holds
///
/// `operation()` gives what is awaited: a description, an operation, or a reference to one of
/// several; it yields something with `error()`. `complete()` lets the oldest pending operation
/// succeed, at once or soon, on any thread. `static constexpr std::size_t at_once` says how many
/// operations the provider can have at the same time, if not many. A provider that answers a cancel
/// on a thread of its own has a `static constexpr std::chrono::milliseconds patience`: how long it
/// may take before it counts as having declined; without one nothing is waited for. A provider
/// that declines makes itself an `outside_source` of the home, so that its work can end while a
/// destructor waits for it.
///
/// Returns: what was broken; any test framework can show it.
template <contract_subject Subject>
std::vector<contract_failure> contract_failures() {
    return run_contract_suite([]() -> std::unique_ptr<contract_world> {
        return std::make_unique<contract_world_of<Subject>>();
    });
}

}  // namespace lariat::testing
