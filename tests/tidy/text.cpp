#include "tests/tidy/text.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace tidy {
namespace {

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Tells the ' of 10'000 from the one that opens a character.
bool separates_digits(std::string_view text, std::size_t quote) {
    auto start = quote;
    while (start > 0 && (in_word(text[start - 1]) || text[start - 1] == '\'')) --start;
    return start < quote && std::isdigit(static_cast<unsigned char>(text[start])) != 0;
}

std::size_t end_of_literal(std::string_view text, std::size_t open) {
    for (auto at = open + 1; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == text[open] || text[at] == '\n') {
            return at + 1;
        }
    }
    return text.size();
}

std::size_t after(std::string_view text, std::size_t from, std::string_view mark) {
    const auto found = text.find(mark, from);
    return found == text.npos ? text.size() : found + mark.size();
}

std::size_t end_of_raw_literal(std::string_view text, std::size_t quote) {
    const auto parenthesis = std::min(text.find('(', quote), text.size());
    const auto delimiter = text.substr(quote + 1, parenthesis - quote - 1);
    return after(text, parenthesis, ")" + std::string(delimiter) + "\"");
}

std::size_t end_of_directive(std::string_view text, std::size_t from) {
    auto end = std::min(text.find('\n', from), text.size());
    while (end < text.size() && text[end - 1] == '\\') {
        end = std::min(text.find('\n', end + 1), text.size());
    }
    return end;
}

/// Returns: where what starts at `at` and is not code ends; `at` itself when it is code.
std::size_t end_of_blank(std::string_view text, std::size_t at, bool line_is_empty) {
    const auto rest = text.substr(at);
    if (rest.starts_with("//")) return std::min(text.find('\n', at), text.size());
    if (rest.starts_with("/*")) return after(text, at + 2, "*/");
    if (rest.starts_with("R\"") && (at == 0 || !in_word(text[at - 1]))) {
        return end_of_raw_literal(text, at + 1);
    }
    if (rest[0] == '"') return end_of_literal(text, at);
    if (rest[0] == '\'' && !separates_digits(text, at)) return end_of_literal(text, at);
    if (rest[0] == '#' && line_is_empty) return end_of_directive(text, at);
    return at;
}

std::string without_template_parameters(std::string head) {
    for (auto at = head.find("template"); at != head.npos; at = head.find("template", at)) {
        const auto open = head.find('<', at);
        if (open == head.npos) break;
        int depth = 0;
        auto end = open;
        for (; end < head.size(); ++end) {
            if (head[end] == '<') ++depth;
            if (head[end] == '>' && --depth == 0) break;
        }
        head.erase(at, end - at + 1);
    }
    return head;
}

bool is_access(std::string_view word) {
    return word == "public" || word == "protected" || word == "private";
}

enum class opens { scope, function, initializer };

opens what_opens(const std::string& statement) {
    const auto head = without_template_parameters(statement);
    const auto before_parenthesis = std::string_view(head).substr(0, head.find('('));
    for (const char* scope : {"namespace", "class", "struct", "union", "enum", "extern"}) {
        if (find_word(before_parenthesis, scope) != head.npos) return opens::scope;
    }
    if (head.find('(') == head.npos) return opens::initializer;
    return head[head.find_last_not_of(" \t\n")] == '=' ? opens::initializer : opens::function;
}

}  // namespace

std::size_t find_word(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        const bool starts = at == 0 || !in_word(text[at - 1]);
        if (starts && (end == text.size() || !in_word(text[end]))) return at;
    }
    return text.npos;
}

std::vector<include> includes(std::string_view text) {
    std::vector<include> found;
    std::istringstream lines{std::string(text)};
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        const auto hash = line.find_first_not_of(" \t");
        if (hash == line.npos || line[hash] != '#') continue;
        const auto word = line.find_first_not_of(" \t", hash + 1);
        if (word == line.npos || line.compare(word, 7, "include") != 0) continue;
        const auto open = line.find_first_of("\"<", word);
        const auto close = line.find_first_of("\">", open + 1);
        if (open == line.npos || close == line.npos) continue;
        found.push_back({line.substr(open + 1, close - open - 1), number, line[open] == '<'});
    }
    return found;
}

std::string code_only(std::string_view text) {
    std::string code(text);
    bool line_is_empty = true;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = end_of_blank(text, at, line_is_empty);
        for (auto blank = at; blank < end; ++blank) {
            if (code[blank] != '\n') code[blank] = ' ';
        }
        if (end > at) {
            at = end;
            continue;
        }
        if (text[at] == '\n') {
            line_is_empty = true;
        } else if (std::isspace(static_cast<unsigned char>(text[at])) == 0) {
            line_is_empty = false;
        }
        ++at;
    }
    return code;
}

std::vector<function> functions(std::string_view text) {
    std::vector<function> found;
    std::string statement;
    std::size_t line = 1;
    std::size_t first_line = 0;
    int depth = 0;  // inside what is not a scope
    auto body = opens::scope;
    bool just_closed = false;
    for (const char c : code_only(text)) {
        const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
        if (c == '\n') ++line;
        if (depth > 0) {
            depth += (c == '{') - (c == '}');
            if (depth > 0) continue;
            if (body == opens::function) {
                found.push_back({first_line, line - first_line + 1, statement});
            }
            just_closed = true;
            continue;
        }
        if (just_closed && !blank) {
            just_closed = false;
            // After `: member_{1}` the constructor goes on with the next member or its body.
            const bool goes_on = body == opens::function && (c == ',' || c == '{');
            if (goes_on) found.pop_back();
            if (!goes_on) statement.clear();
        }
        if (c == '{' && (body = what_opens(statement)) != opens::scope) {
            depth = 1;
        } else if (c == '{' || c == '}' || c == ';' || (c == ':' && is_access(statement))) {
            statement.clear();
        } else if (!blank || !statement.empty()) {
            if (statement.empty()) first_line = line;
            statement += c;
        }
    }
    return found;
}

}  // namespace tidy
