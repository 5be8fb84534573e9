#include "runtime/error.hpp"

#include <string>

namespace lariat {
namespace {

class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "lariat"; }

    std::string message(int value) const override {
        switch (static_cast<error>(value)) {
            case error::canceled:
                return "canceled";
            case error::timed_out:
                return "timed out";
            case error::stopped:
                return "stopped";
            case error::closed:
                return "closed";
            case error::end_of_stream:
                return "end of stream";
            case error::limit_exceeded:
                return "limit exceeded";
            case error::torn:
                return "torn: cut off in the middle";
        }
        return "unknown error " + std::to_string(value);
    }

    std::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<error>(value)) {
            case error::canceled:
            case error::stopped:
                return std::errc::operation_canceled;
            case error::timed_out:
                return std::errc::timed_out;
            case error::limit_exceeded:
                return std::errc::message_size;
            default:
                return {value, *this};
        }
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

std::error_code make_error_code(error value) noexcept {
    return {static_cast<int>(value), error_category()};
}

std::error_code kernel_error(int number) noexcept { return {number, std::generic_category()}; }

}  // namespace lariat
