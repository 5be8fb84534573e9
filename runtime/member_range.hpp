#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <new>
#include <ranges>
#include <utility>

#include "runtime/check.hpp"
#include "runtime/composite.hpp"

namespace lariat {

/// What the members of a range yielded, in their order. It owns them; a random access range.
template <class Value>
class outcome_list {
  public:
    class iterator;

    outcome_list() noexcept = default;
    outcome_list(outcome_list&& other) noexcept { swap(other); }
    outcome_list& operator=(outcome_list&& other) noexcept {
        outcome_list(std::move(other)).swap(*this);
        return *this;
    }
    ~outcome_list() {
        for (Value& value : *this) std::destroy_at(&value);
        ::operator delete(block_, alignment);
    }

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }

    Value& operator[](std::size_t index) noexcept {
        check(index < size_, "outcome_list: index past the end");
        return *at(index);
    }
    const Value& operator[](std::size_t index) const noexcept {
        return const_cast<outcome_list&>(*this)[index];
    }

    iterator begin() const noexcept { return {this, 0}; }
    iterator end() const noexcept { return {this, static_cast<std::ptrdiff_t>(size_)}; }

    void swap(outcome_list& other) noexcept {
        std::swap(block_, other.block_);
        std::swap(stride_, other.stride_);
        std::swap(size_, other.size_);
    }

  private:
    template <class>
    friend class member_range;

    static constexpr std::align_val_t alignment{64};

    // Takes over a block in which each value begins `stride` bytes after the one before.
    outcome_list(std::byte* block, std::size_t stride) noexcept : block_(block), stride_(stride) {}

    Value* at(std::size_t index) const noexcept {
        return std::launder(reinterpret_cast<Value*>(block_ + index * stride_));
    }

    std::byte* block_ = nullptr;
    std::size_t stride_ = 0;
    std::size_t size_ = 0;
};

template <class Value>
class outcome_list<Value>::iterator {
  public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::random_access_iterator_tag;

    iterator() noexcept = default;
    iterator(const outcome_list* list, std::ptrdiff_t index) noexcept
        : list_(list), index_(index) {}

    Value& operator*() const noexcept { return *list_->at(static_cast<std::size_t>(index_)); }
    Value* operator->() const noexcept { return &**this; }
    Value& operator[](std::ptrdiff_t offset) const noexcept { return *(*this + offset); }

    iterator& operator+=(std::ptrdiff_t offset) noexcept {
        index_ += offset;
        return *this;
    }
    iterator& operator-=(std::ptrdiff_t offset) noexcept { return *this += -offset; }
    iterator& operator++() noexcept { return *this += 1; }
    iterator& operator--() noexcept { return *this -= 1; }
    iterator operator++(int) noexcept { return std::exchange(*this, *this + 1); }
    iterator operator--(int) noexcept { return std::exchange(*this, *this - 1); }

    friend iterator operator+(iterator at, std::ptrdiff_t offset) noexcept { return at += offset; }
    friend iterator operator+(std::ptrdiff_t offset, iterator at) noexcept { return at += offset; }
    friend iterator operator-(iterator at, std::ptrdiff_t offset) noexcept { return at -= offset; }
    friend std::ptrdiff_t operator-(iterator one, iterator other) noexcept {
        return one.index_ - other.index_;
    }
    friend bool operator==(iterator one, iterator other) noexcept {
        return one.index_ == other.index_;
    }
    friend auto operator<=>(iterator one, iterator other) noexcept {
        return one.index_ <=> other.index_;
    }

  private:
    const outcome_list* list_ = nullptr;
    std::ptrdiff_t index_ = 0;
};

/// A composite of as many members as a range has. One allocation: each member's memory later holds
/// what it yielded.
template <class Awaitable>
class member_range : public composite {
  public:
    using member_type = member<Awaitable>;
    using value_type = typename member_type::value_type;
    using values = outcome_list<value_type>;

  protected:
    /// Errors: throws `std::bad_alloc`.
    template <class Range>
    member_range(const char* name, Range&& awaitables)
        : composite(name),
          block_(static_cast<std::byte*>(
              ::operator new(std::max<std::size_t>(std::ranges::size(awaitables), 1) * stride,
                             values::alignment))) {
        for (auto&& awaitable : awaitables) {
            add(*new (block_ + size_ * stride) member_type(std::move(awaitable)));
            ++size_;
        }
    }
    ~member_range() {
        abandon();
        for (std::size_t index = 0; index < size_; ++index) std::destroy_at(&at(index));
        ::operator delete(block_, values::alignment);
    }

    bool launch_all() noexcept {
        begin_launch();
        for (std::size_t index = 0; index < size_; ++index) launch_member(at(index));
        return end_launch();
    }

    /// Calls `visit` on each member, in their order, beginning with the one at `first`.
    template <class Visit>
    void visit_from(std::size_t first, Visit visit) noexcept {
        for (std::size_t index = first; index < size_; ++index) visit(at(index));
        for (std::size_t index = 0; index < first; ++index) visit(at(index));
    }

    /// Requires: all members are done.
    values take_all() {
        return take_each([](member_type& each) { return each.take(); });
    }

    /// The same, with what `take` makes of each.
    template <class Take>
    auto take_each(Take take) {
        using taken = decltype(take(std::declval<member_type&>()));
        static_assert(sizeof(taken) <= stride && alignof(taken) <= step);
        for (std::size_t index = 0; index < size_; ++index)
            if (at(index).failed()) at(index).rethrow();
        outcome_list<taken> list(std::exchange(block_, nullptr), stride);
        const std::size_t count = std::exchange(size_, 0);
        for (std::size_t index = 0; index < count; ++index) {
            auto* source =
                std::launder(reinterpret_cast<member_type*>(list.block_ + index * stride));
            taken value = take(*source);
            std::destroy_at(source);
            new (list.block_ + index * stride) taken(std::move(value));
            ++list.size_;
        }
        return list;
    }

    std::size_t size() const noexcept { return size_; }

  private:
    static constexpr std::size_t step = std::max(alignof(member_type), alignof(value_type));
    static constexpr std::size_t stride =
        (std::max(sizeof(member_type), sizeof(value_type)) + step - 1) / step * step;

    member_type& at(std::size_t index) noexcept {
        return *std::launder(reinterpret_cast<member_type*>(block_ + index * stride));
    }

    std::byte* block_;
    std::size_t size_ = 0;
};

}  // namespace lariat
