#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bench {

/// Thrown for what is not JSON, or not what this program writes; says where.
class bad_json : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A JSON text as it was read, members in the order of the text.
class json_value {
  public:
    using array = std::vector<json_value>;
    using object = std::vector<std::pair<std::string, json_value>>;

    json_value() = default;
    template <class T>
    explicit json_value(T value) : value_(std::move(value)) {}

    /// Returns: null when this is something else.
    const double* number() const noexcept { return std::get_if<double>(&value_); }
    const bool* boolean() const noexcept { return std::get_if<bool>(&value_); }
    const std::string* text() const noexcept { return std::get_if<std::string>(&value_); }
    const array* elements() const noexcept { return std::get_if<array>(&value_); }
    const object* members() const noexcept { return std::get_if<object>(&value_); }

    /// Returns: null when this is no object or has no such member.
    const json_value* find(std::string_view name) const noexcept;

    /// Returns: empty when there is no such member or it is no text.
    std::string text_of(std::string_view name) const;

    /// Returns: the elements; empty when there is no such member.
    /// Errors: throws `bad_json` when one of them is no number.
    std::vector<double> numbers_of(std::string_view name) const;

  private:
    std::variant<std::monostate, bool, double, std::string, array, object> value_;
};

/// Errors: throws `bad_json`.
json_value read_json(std::string_view text);

}  // namespace bench
