#pragma once

#include "runtime/check.hpp"

namespace lariat {

/// The links of one membership. An element is in at most one list per tag; leaving needs no list.
template <class Tag = void>
class list_hook {
  public:
    list_hook() = default;
    list_hook(const list_hook&) = delete;
    list_hook& operator=(const list_hook&) = delete;

    bool linked() const noexcept { return previous_ != nullptr; }

    /// Requires: linked.
    void unlink() noexcept {
        previous_->next_ = next_;
        next_->previous_ = previous_;
        previous_ = nullptr;
    }

  private:
    template <class, class>
    friend class intrusive_list;
    friend class mailbox;

    list_hook* previous_ = nullptr;  // Null: in no list.
    list_hook* next_;
};

/// A doubly linked list whose links live in its elements: it owns nothing and never allocates.
/// Elements derive from `list_hook<Tag>`.
template <class T, class Tag = void>
class intrusive_list {
    using hook = list_hook<Tag>;

  public:
    intrusive_list() noexcept { reset(); }
    intrusive_list(const intrusive_list&) = delete;
    intrusive_list& operator=(const intrusive_list&) = delete;

    bool empty() const noexcept { return root_.next_ == &root_; }

    /// Requires: not empty.
    T& front() noexcept { return element(*root_.next_); }
    T& back() noexcept { return element(*root_.previous_); }

    // Both ends say what they know of the root instead of reading it: what is read here was written
    // a moment ago, and the processor would wait for it.

    void push_back(hook& node) noexcept {
        hook* last = root_.previous_;
        link(node, last, &root_);
        last->next_ = &node;
        root_.previous_ = &node;
    }

    void push_front(hook& node) noexcept {
        hook* first = root_.next_;
        link(node, &root_, first);
        first->previous_ = &node;
        root_.next_ = &node;
    }

    /// Returns: the first element, which has left the list; null when there was none.
    T* pop_front() noexcept {
        hook* node = root_.next_;
        if (node == &root_) return nullptr;
        hook* next = node->next_;
        root_.next_ = next;
        next->previous_ = &root_;
        node->previous_ = nullptr;
        return &element(*node);
    }

    T* pop_back() noexcept {
        hook* node = root_.previous_;
        if (node == &root_) return nullptr;
        node->unlink();
        return &element(*node);
    }

    /// All elements of `other` go to the end of this list, in their order.
    void splice_back(intrusive_list& other) noexcept {
        if (other.empty()) return;
        hook* first = other.root_.next_;
        hook* last = other.root_.previous_;
        first->previous_ = root_.previous_;
        root_.previous_->next_ = first;
        last->next_ = &root_;
        root_.previous_ = last;
        other.reset();
    }

    /// Calls `visit` on each element; it may unlink the element it is given, and no other.
    template <class Visit>
    void for_each(Visit visit) {
        for (hook* node = root_.next_; node != &root_;) {
            hook* next = node->next_;
            visit(element(*node));
            node = next;
        }
    }

  private:
    static T& element(hook& node) noexcept { return static_cast<T&>(node); }

    void reset() noexcept { root_.previous_ = root_.next_ = &root_; }

    static void link(hook& node, hook* previous, hook* next) noexcept {
        check(!node.linked(), "intrusive_list: the element is already in a list");
        node.previous_ = previous;
        node.next_ = next;
    }

    hook root_;
};

}  // namespace lariat
