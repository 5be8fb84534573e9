#pragma once

#include <cstddef>

#include "aio/aio_group.hpp"
#include "aio/descriptor.hpp"
#include "aio/lasting_group.hpp"
#include "aio/op/grouped.hpp"
#include "aio/op/multishot.hpp"

namespace lariat {

/// A descriptor in the hands of someone who moves its bytes past its owner.
struct lent_descriptor {
    descriptor_ref file;         ///< Refers to none when there is nothing to lend.
    aio_group* group = nullptr;  ///< What his operations belong to, so that a close ends them.
};

/// Owns a descriptor together with the operations on it. Closing ends what is pending with
/// `closed` and refuses what comes later; the number is free once the kernel has let go of the
/// last operation, so that none of them ever meets the file which is given that number next.
///
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations.
class guarded_descriptor {
  public:
    /// Closed from the start.
    guarded_descriptor() noexcept = default;

    /// Errors: throws `std::bad_alloc`.
    explicit guarded_descriptor(descriptor file);

    guarded_descriptor(guarded_descriptor&&) noexcept = default;
    guarded_descriptor& operator=(guarded_descriptor&&) noexcept = default;
    ~guarded_descriptor() = default;

    bool is_open() const noexcept;

    /// Returns: what it owns; refers to none once it is closed.
    descriptor_ref ref() const noexcept;

    /// Twice, or on nothing, is fine.
    void close() noexcept;

    /// For operations that are not made with `guard`.
    /// Lifetime: until this object is destroyed; after a close they are refused.
    lent_descriptor lend() const noexcept { return {ref(), &group()}; }

    /// `co_await guard(call)` yields what the call yields.
    /// Errors: those of the call; closed.
    template <kernel_call Call>
    grouped_call<Call> guard(Call call) const noexcept {
        return in_group(group(), call);
    }

    /// The same for a chain: the number is not free before its last member has ended.
    template <kernel_call... Calls>
    grouped_chain<Calls...> guard(const chain_description<Calls...>& what) const noexcept {
        return in_group(group(), what);
    }

    /// A sequence that belongs to it: once this is closed it delivers what had come, and then ends
    /// with `closed`. It may outlive this.
    template <multishot_call Call>
    multishot<Call> guard_each(Call call, multishot_options options = {}) const noexcept {
        return multishot<Call>(call, options, &group());
    }

  private:
    class state;

    aio_group& group() const noexcept;
    state* owned() const noexcept;

    lasting_owner<lasting_group> state_;
};

}  // namespace lariat
