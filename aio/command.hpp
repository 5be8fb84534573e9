#pragma once

#include <concepts>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/check.hpp"

namespace lariat {

/// A program's name and its arguments, one word each; nothing is split or expanded:
/// `{"sort", "--key", key}`, or a list of words.
class command {
  public:
    // No initializer_list: GCC 12 cannot have one inside a `co_await` expression.
    template <class... Words>
        requires(sizeof...(Words) > 0 && (std::constructible_from<std::string, Words &&> && ...))
    command(Words&&... words) {
        words_.reserve(sizeof...(Words));
        (words_.emplace_back(std::forward<Words>(words)), ...);
    }

    /// Requires: a name.
    command(std::vector<std::string> words) : words_(std::move(words)) {
        check(!words_.empty(), "command: no program is named");
    }

    std::span<const std::string> words() const noexcept { return words_; }

  private:
    std::vector<std::string> words_;
};

}  // namespace lariat
