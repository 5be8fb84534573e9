#pragma once

#include <netdb.h>

#include <system_error>

namespace lariat {

/// What getaddrinfo(3) has a word for and errno has not: its numbers.
enum class resolve_error : int {
    try_again = EAI_AGAIN,      ///< No name server answers, for now.
    failed = EAI_FAIL,          ///< A name server answers that it cannot.
    unknown_host = EAI_NONAME,  ///< There is no such name, or it is not numeric as it had to be.
    no_address = EAI_NODATA,    ///< The name is known, and has no address.
    other_family = EAI_ADDRFAMILY,  ///< It has none of the family that was asked for.
    unknown_service = EAI_SERVICE,  ///< There is no such service for this kind of socket.
};

/// Errors of `resolve_error`, and the others of getaddrinfo(3). Where a `std::errc` fits they equal
/// it: `try_again` equals resource_unavailable_try_again.
const std::error_category& resolve_category() noexcept;

std::error_code make_error_code(resolve_error) noexcept;

/// What getaddrinfo(3) returned. Of EAI_SYSTEM the errno that came with it, in
/// `std::generic_category`. Requires: an error.
std::error_code resolve_failure(int returned, int number) noexcept;

}  // namespace lariat

template <>
struct std::is_error_code_enum<lariat::resolve_error> : std::true_type {};
