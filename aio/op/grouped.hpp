#pragma once

#include "aio/aio_group.hpp"
#include "aio/op/link.hpp"
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

/// A chain that belongs to a group.
template <kernel_call... Calls>
class [[nodiscard]] grouped_chain_operation final
    : public chain_of<Calls...>,
      public awaiting<grouped_chain_operation<Calls...>> {
  public:
    grouped_chain_operation(aio_group& group, link_kind kind, const Calls&... calls) noexcept
        : chain_of<Calls...>(kind, calls...), member_(group, *this) {
        this->observed(true);
    }
    ~grouped_chain_operation() override {
        if (this->in_progress()) this->retire();
    }

    bool launch() noexcept {
        if (!member_.enter()) [[unlikely]]
            return this->refuse(member_.refusal());
        return this->begin_all();
    }

  private:
    void on_settled() noexcept override { member_.leave(); }

    aio_group::member member_;
};

/// What `in_group` returns for a chain.
template <kernel_call... Calls>
class [[nodiscard]] grouped_chain {
  public:
    grouped_chain(aio_group& group, const chain_description<Calls...>& what) noexcept
        : group_(group), what_(what) {}
    grouped_chain_operation<Calls...> operator co_await() const noexcept {
        return what_.make([this](const Calls&... each) {
            return grouped_chain_operation<Calls...>(group_, what_.kind(), each...);
        });
    }

  private:
    aio_group& group_;
    chain_description<Calls...> what_;
};

/// All members of the chain end with the group's reason once the group has ended.
/// Lifetime: the group outlives the chain.
template <kernel_call... Calls>
grouped_chain<Calls...> in_group(aio_group& group,
                                 const chain_description<Calls...>& what) noexcept {
    return {group, what};
}

}  // namespace lariat
