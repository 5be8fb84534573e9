#include "bench/json.hpp"

#include <cmath>
#include <cstdio>

namespace bench {

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            out += escape;
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string json_number(double value) {
    if (!std::isfinite(value)) return "null";
    char text[40];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

json_object& json_object::raw(std::string_view key, std::string_view value) {
    if (!members_.empty()) members_ += ", ";
    members_ += json_text(key) + ": ";
    members_ += value;
    return *this;
}

json_object& json_object::text(std::string_view key, std::string_view value) {
    return raw(key, json_text(value));
}

json_object& json_object::number(std::string_view key, double value) {
    return raw(key, json_number(value));
}

json_object& json_object::integer(std::string_view key, long value) {
    return raw(key, std::to_string(value));
}

json_object& json_object::boolean(std::string_view key, bool value) {
    return raw(key, value ? "true" : "false");
}

std::string json_array(const std::vector<std::string>& elements) {
    std::string out = "[";
    for (const std::string& element : elements) {
        if (out.size() > 1) out += ",";
        out += "\n  " + element;
    }
    return out + "\n]";
}

std::string json_line(const std::vector<std::string>& elements) {
    std::string out = "[";
    for (const std::string& element : elements) {
        if (out.size() > 1) out += ", ";
        out += element;
    }
    return out + "]";
}

}  // namespace bench
