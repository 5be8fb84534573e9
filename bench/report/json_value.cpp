#include "bench/report/json_value.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace bench {
namespace {

class reader {
  public:
    explicit reader(std::string_view text) noexcept : text_(text) {}

    json_value whole() {
        json_value read = value(0);
        if (next() != '\0') fail("more follows");
        return read;
    }

  private:
    // What is nested deeper is not ours, and would end on the stack.
    static constexpr int deepest = 32;

    [[noreturn]] void fail(const std::string& why) const {
        throw bad_json("not JSON: " + why + " at byte " + std::to_string(at_));
    }

    /// Returns: the next character that is not blank, without taking it; '\0' at the end.
    char next() noexcept {
        at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    bool take(char wanted) noexcept {
        if (next() != wanted) return false;
        ++at_;
        return true;
    }

    void expect(char wanted) {
        if (!take(wanted)) fail(std::string("no '") + wanted + "'");
    }

    json_value value(int depth) {
        if (depth > deepest) fail("too deep");
        switch (next()) {
            case '{':
                return json_value(object(depth));
            case '[':
                return json_value(array(depth));
            case '"':
                return json_value(text());
            case 't':
                return word("true", json_value(true));
            case 'f':
                return word("false", json_value(false));
            case 'n':
                return word("null", json_value());
            default:
                return json_value(number());
        }
    }

    json_value::object object(int depth) {
        json_value::object read;
        expect('{');
        if (take('}')) return read;
        do {
            if (next() != '"') fail("a name is missing");
            std::string name = text();
            expect(':');
            read.emplace_back(std::move(name), value(depth + 1));
        } while (take(','));
        expect('}');
        return read;
    }

    json_value::array array(int depth) {
        json_value::array read;
        expect('[');
        if (take(']')) return read;
        do {
            read.push_back(value(depth + 1));
        } while (take(','));
        expect(']');
        return read;
    }

    json_value word(std::string_view known, json_value means) {
        if (!text_.substr(at_).starts_with(known)) fail("an unknown word");
        at_ += known.size();
        return means;
    }

    double number() {
        // The function below also takes words for what is no number, of which JSON has none.
        const std::size_t digit = at_ + text_.substr(at_).starts_with('-');
        if (digit >= text_.size() || text_[digit] < '0' || text_[digit] > '9') fail("no value");
        double read = 0;
        const auto [end, error] =
            std::from_chars(text_.data() + at_, text_.data() + text_.size(), read);
        if (error != std::errc()) fail("no value");
        at_ = static_cast<std::size_t>(end - text_.data());
        return read;
    }

    std::string text() {
        std::string read;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
            read += text_[at_] == '\\' ? escaped() : std::string(1, text_[at_]);
        if (at_ == text_.size()) fail("a text without its end");
        ++at_;
        return read;
    }

    std::string escaped() {
        ++at_;
        if (at_ == text_.size()) fail("a text without its end");
        static constexpr std::string_view letters = "nrtbf\"\\/";
        static constexpr std::string_view meanings = "\n\r\t\b\f\"\\/";
        if (text_[at_] == 'u') return code_point();
        const std::size_t which = letters.find(text_[at_]);
        if (which == letters.npos) fail("an unknown escape");
        return std::string(1, meanings[which]);
    }

    /// As UTF-8. None of three bytes: `json_object` escapes nothing but control characters.
    std::string code_point() {
        unsigned code = 0;
        const std::string_view digits = text_.substr(at_ + 1, 4);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (error != std::errc() || end != digits.data() + 4) fail("an unknown escape");
        if (code >= 0x800) fail("an escape that is not supported");
        at_ += 4;
        if (code < 0x80) return std::string(1, static_cast<char>(code));
        return {static_cast<char>(0xc0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3f))};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

const json_value* json_value::find(std::string_view name) const noexcept {
    if (!members()) return nullptr;
    for (const auto& [known, value] : *members()) {
        if (known == name) return &value;
    }
    return nullptr;
}

std::string json_value::text_of(std::string_view name) const {
    const json_value* found = find(name);
    return found && found->text() ? *found->text() : "";
}

std::vector<double> json_value::numbers_of(std::string_view name) const {
    std::vector<double> read;
    const json_value* found = find(name);
    if (!found || !found->elements()) return read;
    for (const json_value& each : *found->elements()) {
        // Without it those behind it would be other ones.
        if (!each.number()) throw bad_json("not a number among the " + std::string(name));
        read.push_back(*each.number());
    }
    return read;
}

json_value read_json(std::string_view text) { return reader(text).whole(); }

}  // namespace bench
