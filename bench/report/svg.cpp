#include "bench/report/svg.hpp"

#include <cstdio>

namespace bench {
namespace {

std::string_view name_of(anchor where) noexcept {
    switch (where) {
        case anchor::start:
            return "start";
        case anchor::middle:
            return "middle";
        case anchor::end:
            return "end";
    }
    return "";
}

/// Returns: ` name="value"`.
std::string attribute(std::string_view name, std::string_view value) {
    return std::string(" ").append(name).append("=\"").append(escaped(value)).append("\"");
}

std::string attribute(std::string_view name, double value) {
    return attribute(name, pixels(value));
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&#39;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

std::string pixels(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

svg::svg(double width, double height, std::string_view title)
    : text_("<svg role=\"img\"" +
            attribute("viewBox", "0 0 " + pixels(width) + " " + pixels(height)) +
            attribute("width", width) + attribute("height", height) + "><title>" + escaped(title) +
            "</title>\n") {}

svg& svg::line(double x1, double y1, double x2, double y2, std::string_view kind) {
    text_ += "<line" + attribute("class", kind) + attribute("x1", x1) + attribute("y1", y1) +
             attribute("x2", x2) + attribute("y2", y2) + "/>\n";
    return *this;
}

svg& svg::rectangle(double x, double y, double width, double height, std::string_view colour) {
    text_ += "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", width) +
             attribute("height", height) + attribute("fill", colour) + "/>\n";
    return *this;
}

svg& svg::text(double x, double y, std::string_view text, anchor where, std::string_view kind) {
    text_ += "<text" + attribute("x", x) + attribute("y", y) +
             attribute("text-anchor", name_of(where)) +
             (kind.empty() ? "" : attribute("class", kind)) + ">" + escaped(text) + "</text>\n";
    return *this;
}

svg& svg::upright_text(double x, double y, std::string_view text) {
    const std::string turn = "rotate(-90 " + pixels(x) + " " + pixels(y) + ")";
    text_ += "<text" + attribute("x", x) + attribute("y", y) + attribute("transform", turn) +
             attribute("text-anchor", "middle") + ">" + escaped(text) + "</text>\n";
    return *this;
}

svg& svg::path(std::string_view points, std::string_view colour, std::string_view dashes) {
    text_ += "<polyline fill=\"none\" stroke-width=\"1.5\"" + attribute("points", points) +
             attribute("stroke", colour) +
             (dashes.empty() ? "" : attribute("stroke-dasharray", dashes)) + "/>\n";
    return *this;
}

svg& svg::marker(double x, double y, int shape, std::string_view colour) {
    // A disc, a square, a diamond, a triangle: the lines of one plot take them in turn.
    const auto point = [&](double right, double down) {
        return pixels(x + right) + "," + pixels(y + down) + " ";
    };
    std::string points;
    switch (shape % 4) {
        case 0:
            text_ += "<circle" + attribute("cx", x) + attribute("cy", y) + attribute("r", 3.5) +
                     attribute("fill", colour) + "/>\n";
            return *this;
        case 1:
            return rectangle(x - 3.2, y - 3.2, 6.4, 6.4, colour);
        case 2:
            points = point(0, -4.6) + point(4.6, 0) + point(0, 4.6) + point(-4.6, 0);
            break;
        default:
            points = point(0, -4.4) + point(4.4, 3.6) + point(-4.4, 3.6);
    }
    text_ += "<polygon" + attribute("points", points) + attribute("fill", colour) + "/>\n";
    return *this;
}

}  // namespace bench
