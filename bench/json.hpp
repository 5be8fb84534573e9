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

/// Returns: the text in quotes.
std::string json_text(std::string_view text);

/// Returns: six digits of it; `null` for what is not a number, for which JSON has no word.
std::string json_number(double value);

/// Elements that are JSON already, each in a line of its own.
std::string json_array(const std::vector<std::string>& elements);

/// The same in one line.
std::string json_line(const std::vector<std::string>& elements);

}  // namespace bench
