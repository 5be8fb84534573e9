#pragma once

#include <string_view>
#include <system_error>

#include "aio/any_listener.hpp"
#include "aio/any_stream.hpp"
#include "aio/url.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// What makes connections for the URLs of a scheme. One object serves all of them.
/// Threads: any; several calls may run at once, each at home where it is awaited.
class transport {
  public:
    virtual ~transport() = default;

    /// Errors: those of `transport_error` for a URL that names no peer of this kind; else what the
    /// attempt met.
    virtual task<result<any_stream>> dial(url where) = 0;
    virtual task<result<any_listener>> listen(url where) = 0;
};

/// What is wrong with a URL for its transport, or with the name of one. The message of the first
/// two names the scheme.
enum class transport_error {
    unknown_scheme = 1,
    scheme_taken,
    bad_scheme,
    no_host,
    no_port,
    no_path,
    unknown_host,
    unexpected_host,
    unexpected_port,
    unexpected_path,
    unexpected_query,
    unexpected_fragment,
};

const std::error_category& transport_category() noexcept;
std::error_code make_error_code(transport_error what) noexcept;
std::error_condition make_error_condition(transport_error what) noexcept;

/// Returns: the error with the scheme in its message. It compares equal to `what`.
/// Threads: any.
std::error_code error_of_scheme(transport_error what, std::string_view scheme) noexcept;

}  // namespace lariat

template <>
struct std::is_error_condition_enum<lariat::transport_error> : std::true_type {};
