#include "aio/resolve_error.hpp"

#include <errno.h>

#include <string>

#include "runtime/error.hpp"

namespace lariat {
namespace {

class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "resolve"; }
    std::string message(int value) const override { return ::gai_strerror(value); }

    std::error_condition default_error_condition(int value) const noexcept override {
        switch (value) {
            case EAI_AGAIN:
                return std::errc::resource_unavailable_try_again;
            case EAI_MEMORY:
                return std::errc::not_enough_memory;
            case EAI_FAMILY:
            case EAI_ADDRFAMILY:
                return std::errc::address_family_not_supported;
            case EAI_BADFLAGS:
                return std::errc::invalid_argument;
            case EAI_OVERFLOW:
                return std::errc::value_too_large;
            default:
                return {value, *this};
        }
    }
};

}  // namespace

const std::error_category& resolve_category() noexcept {
    static const category instance;
    return instance;
}

std::error_code make_error_code(resolve_error value) noexcept {
    return {static_cast<int>(value), resolve_category()};
}

std::error_code resolve_failure(int returned, int number) noexcept {
    if (returned != EAI_SYSTEM) return {returned, resolve_category()};
    return kernel_error(number != 0 ? number : EIO);
}

}  // namespace lariat
