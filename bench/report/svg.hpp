#pragma once

#include <string>
#include <string_view>

namespace bench {

/// Returns: the text for use in HTML, SVG and their attributes.
std::string escaped(std::string_view text);

/// Which point of a text is put where it is said to be.
enum class anchor { start, middle, end };

/// Builds one drawing. Every text is escaped.
class svg {
  public:
    svg(double width, double height, std::string_view title);

    svg& line(double x1, double y1, double x2, double y2, std::string_view kind);
    svg& rectangle(double x, double y, double width, double height, std::string_view colour);
    svg& text(double x, double y, std::string_view text, anchor where = anchor::start,
              std::string_view kind = "");
    /// Runs upwards, around its middle.
    svg& upright_text(double x, double y, std::string_view text);
    svg& path(std::string_view points, std::string_view colour, std::string_view dashes);
    /// The shape tells lines apart where colours are not seen.
    svg& marker(double x, double y, int shape, std::string_view colour);

    std::string str() const { return text_ + "</svg>\n"; }

  private:
    std::string text_;
};

/// Returns: pixels, with one digit behind the point.
std::string pixels(double value);

}  // namespace bench
