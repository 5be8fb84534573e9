#pragma once

#include <system_error>

namespace lariat {

/// The outcomes errno has no word for. The kernel's own errors stay as they came, in
/// `std::generic_category`, so that a socket's ETIMEDOUT is never mistaken for a deadline of ours.
enum class error {
    canceled = 1,    ///< The waiter gave up: a cancel, a lost race, a deadline further out.
    timed_out,       ///< This wait's own deadline passed.
    stopped,         ///< The scheduler, group or source ends for good and takes no new work.
    closed,          ///< The stream, listener or source was closed on this side.
    end_of_stream,   ///< The peer ended the stream before what was asked for had arrived.
    limit_exceeded,  ///< More arrived than the caller allowed.
    torn,            ///< Something whole was cut off in the middle: what follows has no meaning.
};

/// Errors of `error`. `canceled` and `stopped` equal `std::errc::operation_canceled`, `timed_out`
/// equals `std::errc::timed_out`, `limit_exceeded` equals `std::errc::message_size`; the reverse
/// does not hold: a kernel ETIMEDOUT is not `error::timed_out`.
const std::error_category& error_category() noexcept;

std::error_code make_error_code(error) noexcept;

/// An error of the kernel. `number` is positive, as in errno.
std::error_code kernel_error(int number) noexcept;

}  // namespace lariat

template <>
struct std::is_error_code_enum<lariat::error> : std::true_type {};
