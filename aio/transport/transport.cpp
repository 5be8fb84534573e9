#include "aio/transport/transport.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <string>

namespace lariat {
namespace {

constexpr int scheme_shift = 8;

/// The schemes that errors were about, so that a number can stand for a name. It is bounded: who
/// asks for ever new ones gets an error without a name.
class scheme_names {
  public:
    static scheme_names& instance() {
        static scheme_names all;
        return all;
    }

    /// Returns: its number; 0 if it has none.
    int number_of(std::string_view scheme) noexcept {
        if (scheme.size() > longest) return 0;
        const std::scoped_lock lock(guard_);
        for (std::size_t i = 0; i < used_; ++i)
            if (at(i) == scheme) return static_cast<int>(i + 1);
        if (used_ == names_.size()) return 0;
        names_[used_] = {};
        std::ranges::copy(scheme, names_[used_].begin());
        return static_cast<int>(++used_);
    }

    std::string name_of(int number) {
        const std::scoped_lock lock(guard_);
        const auto index = static_cast<std::size_t>(number) - 1;
        if (number <= 0 || index >= used_) return {};
        return " \"" + std::string(at(index)) + '"';
    }

  private:
    static constexpr std::size_t longest = 31;

    std::string_view at(std::size_t index) const noexcept { return names_[index].data(); }

    std::mutex guard_;
    std::array<std::array<char, longest + 1>, 64> names_{};
    std::size_t used_ = 0;
};

class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "transport"; }

    std::string message(int value) const override {
        const std::string scheme = scheme_names::instance().name_of(value >> scheme_shift);
        switch (kind(value)) {
            case transport_error::unknown_scheme:
                return "no transport is registered for the scheme" + scheme;
            case transport_error::scheme_taken:
                return "a transport is registered already for the scheme" + scheme;
            case transport_error::bad_scheme:
                return "a scheme is a small letter, then small letters, digits, +, - and .";
            case transport_error::no_host:
                return "the URL names no host";
            case transport_error::no_port:
                return "the URL names no port";
            case transport_error::no_path:
                return "the URL has no path, or not one that its transport knows";
            case transport_error::unknown_host:
                return "the host is no address, and no name that can be looked up";
            case transport_error::unexpected_host:
                return "the URL names a host, and its transport knows none";
            case transport_error::unexpected_port:
                return "the URL names a port, and its transport knows none";
            case transport_error::unexpected_path:
                return "the URL has a path, and its transport knows none";
            case transport_error::unexpected_query:
                return "the URL has a query, and its transport knows none";
            case transport_error::unexpected_fragment:
                return "the URL has a fragment, and no transport knows one";
        }
        return "unknown error of a transport";
    }

    std::error_condition default_error_condition(int value) const noexcept override {
        return {static_cast<int>(kind(value)), *this};
    }

  private:
    static transport_error kind(int value) noexcept {
        return transport_error(value & ((1 << scheme_shift) - 1));
    }
};

}  // namespace

const std::error_category& transport_category() noexcept {
    static const category instance;
    return instance;
}

std::error_code make_error_code(transport_error what) noexcept {
    return {static_cast<int>(what), transport_category()};
}

std::error_condition make_error_condition(transport_error what) noexcept {
    return {static_cast<int>(what), transport_category()};
}

std::error_code error_of_scheme(transport_error what, std::string_view scheme) noexcept {
    const int number = scheme_names::instance().number_of(scheme);
    return {static_cast<int>(what) | number << scheme_shift, transport_category()};
}

}  // namespace lariat
