#pragma once

#include "aio/aio_group.hpp"
#include "aio/op/operation.hpp"

namespace lariat {

/// An operation of the kernel that belongs to a group.
template <kernel_call Call>
class [[nodiscard]] grouped_operation final : public operation_of<Call>,
                                              public awaiting<grouped_operation<Call>> {
  public:
    grouped_operation(aio_group& group, Call call) noexcept
        : operation_of<Call>(call), member_(group, *this) {
        this->observed(true);
    }
    ~grouped_operation() {
        if (this->in_progress()) this->retire();
    }

    bool launch() noexcept {
        if (!member_.enter()) [[unlikely]]
            return this->refuse(member_.refusal());
        return this->submit();
    }

  private:
    void on_settled() noexcept override { member_.leave(); }

    aio_group::member member_;
};

/// What `in_group` returns.
template <kernel_call Call>
class [[nodiscard]] grouped_call {
  public:
    grouped_call(aio_group& group, Call call) noexcept : group_(group), call_(call) {}
    grouped_operation<Call> operator co_await() const noexcept {
        return grouped_operation<Call>(group_, call_);
    }

  private:
    aio_group& group_;
    Call call_;
};

/// The operation ends with the group's reason once the group has ended.
/// Lifetime: the group outlives the operation.
template <kernel_call Call>
grouped_call<Call> in_group(aio_group& group, Call call) noexcept {
    return grouped_call<Call>(group, call);
}

}  // namespace lariat
