#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aio/testing/contract_suite.hpp"
#include "aio/testing/transport_world.hpp"

namespace lariat::testing {

struct transport_suite_options {
    /// Bytes that go in each direction, at the same time, in the rule about many bytes.
    std::size_t bulk = 1 << 20;
    /// Of what they are, and of how they are cut into pieces.
    std::uint64_t seed = 1;
    /// What has not ended by then counts as hung.
    duration patience = std::chrono::seconds(60);
    /// Only rules with this in their sentence; empty: all.
    std::string_view only{};
};

/// How a transport kept the rules.
struct transport_report {
    std::vector<contract_failure> failures;  ///< What was broken.
    std::vector<std::string> left_out;       ///< Rules about what it cannot do, by its traits.
    std::size_t kept = 0;                    ///< Rules that hold.
};

using transport_world_maker = std::unique_ptr<transport_world> (*)();

/// What `run_transport_suite<Subject>` does, whatever the transport.
transport_report run_transport_suite(transport_world_maker make, transport_suite_options options);

/// Runs the contract's rules about streams and listeners on a transport of your own, each on a
/// scheduler of its own:
///
///     struct tcp_subject {
///         static constexpr transport_traits traits{.half_close = true, ...};
///         task<result<tcp_listener>> listen();
///         task<result<tcp_stream>> dial(tcp_listener& to);
///         ...
///     };
///
///     const auto report = run_transport_suite<tcp_subject>();   // no failures: every rule holds
///
/// What has no listener, as a pipe, makes both ends of a connection at once: see `pair_subject`.
/// Returns: what was broken, and which rules were left out; any test framework can show it.
/// Threads: one that no scheduler runs on. The rule about descriptors replaces the system call of
/// rings that are made while it runs.
template <transport_subject Subject>
transport_report run_transport_suite(transport_suite_options options = {}) {
    return run_transport_suite(
        []() -> std::unique_ptr<transport_world> {
            if constexpr (Subject::traits.listens)
                return std::make_unique<transport_world_of<Subject>>();
            else
                return std::make_unique<transport_pair_world_of<Subject>>();
        },
        options);
}

/// A transport behind `any_listener` and `any_stream`, for the same rules.
template <transport_subject Subject>
class any_transport_subject {
    using listener = typename await_result<decltype(std::declval<Subject&>().listen())>::value_type;
    using stream_type =
        typename await_result<decltype(std::declval<listener&>().accept())>::value_type;

  public:
    static constexpr transport_traits traits = Subject::traits;

    auto listen() { return as_any_listener(subject_.listen()); }
    auto dial(any_listener& to) { return as_any_stream(subject_.dial(*to.get_if<listener>())); }
    void reset(any_stream& which)
        requires(traits.resets)
    {
        subject_.reset(*which.get_if<stream_type>());
    }
    auto dial_nobody()
        requires(traits.refuses)
    {
        return as_any_stream(subject_.dial_nobody());
    }
    auto listen_narrow()
        requires(traits.black_hole)
    {
        return as_any_listener(subject_.listen_narrow());
    }
    auto listen_again(any_listener& at)
        requires(traits.takes_names)
    {
        return as_any_listener(subject_.listen_again(*at.get_if<listener>()));
    }
    auto listen_too_long()
        requires(traits.long_names)
    {
        return as_any_listener(subject_.listen_too_long());
    }

  private:
    template <class Awaitable>
    static task<result<any_listener>> as_any_listener(Awaitable awaitable) {
        auto made = co_await std::move(awaitable);
        if (!made) co_return made.error();
        co_return any_listener(*std::move(made));
    }

    Subject subject_;
};

template <pair_subject Subject>
class any_transport_subject<Subject> {
    using made = typename await_result<decltype(std::declval<Subject&>().pair())>::value_type;

  public:
    static constexpr transport_traits traits = Subject::traits;

    task<result<std::pair<any_stream, any_stream>>> pair() {
        auto both = co_await subject_.pair();
        if (!both) co_return both.error();
        std::pair<any_stream, any_stream> ends(std::move(both->first), std::move(both->second));
        co_return ends;
    }
    void reset(any_stream& which)
        requires(traits.resets)
    {
        subject_.reset(*which.get_if<typename made::first_type>());
    }

  private:
    Subject subject_;
};

}  // namespace lariat::testing
