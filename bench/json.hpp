#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// Builds one JSON object, keys in the order of the calls.
class json_object {
  public:
    json_object& text(std::string_view key, std::string_view value);
    json_object& number(std::string_view key, double value);
    json_object& integer(std::string_view key, long value);
    json_object& boolean(std::string_view key, bool value);

    /// `value` is JSON already.
    json_object& raw(std::string_view key, std::string_view value);

    std::string str() const { return "{" + members_ + "}"; }

  private:
    std::string members_;
};

std::string json_array(const std::vector<std::string>& elements);

}  // namespace bench
