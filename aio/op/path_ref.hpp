#pragma once

#include <filesystem>
#include <string>
#include <type_traits>

namespace lariat {

/// How operations take a path: a reference to text that ends in a zero byte. Trivial, so that a
/// description may hold it. A text with a zero byte inside names no file, rather than the one that
/// its beginning names: the kernel answers bad_address.
/// Lifetime: a reference. The text must stay as it is until the operation has finished.
class path_ref {
  public:
    constexpr path_ref(const char* text) noexcept : text_(text) {}
    path_ref(const std::string& text) noexcept
        : text_(text.find('\0') == text.npos ? text.c_str() : nullptr) {}
    path_ref(const std::filesystem::path& path) noexcept : path_ref(path.native()) {}

    path_ref(const std::string&&) = delete;            // a temporary: freed before it is read
    path_ref(const std::filesystem::path&&) = delete;  // a temporary: freed before it is read

    /// Returns: null if the path names no file.
    constexpr const char* text() const noexcept { return text_; }

  private:
    const char* text_;
};

static_assert(std::is_trivially_copyable_v<path_ref>);
static_assert(std::is_trivially_destructible_v<path_ref>);

}  // namespace lariat
