#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tests/examples/key_value/reply.hpp"

namespace key_value {

/// What the connection does after a command.
enum class afterwards : bool { hang_up, go_on };

/// Keys with their values, and the commands on them.
/// Threads: one. All of its connections are on one scheduler, so that it needs no lock.
class store {
  public:
    /// `most_bytes` of keys and values are kept; what would be more is refused.
    explicit store(std::size_t most_bytes = std::size_t{256} << 20) noexcept
        : most_bytes_(most_bytes) {}

    /// Carries a command out and writes its answer. Requires: it has a name.
    afterwards execute(std::span<const std::string_view> command, reply_writer& reply);

    std::size_t size() const noexcept { return values_.size(); }

  private:
    using words = std::span<const std::string_view>;

    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };

    void get(words command, reply_writer& reply);
    void set(words command, reply_writer& reply);
    void remove(words command, reply_writer& reply);
    void increment(words command, reply_writer& reply);
    bool put(std::string_view key, std::string_view value);

    std::unordered_map<std::string, std::string, hash, std::equal_to<>> values_;
    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
};

}  // namespace key_value
