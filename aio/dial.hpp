#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "aio/any_listener.hpp"
#include "aio/any_stream.hpp"
#include "aio/transport/transport.hpp"
#include "aio/url.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Connects to what the URL names:
///
///     auto peer = co_await or_return(co_await within(5s, dial("tcp://127.0.0.1:7000")));
///
/// Built in are, and others are registered:
///
///     tcp://127.0.0.1:7000  tcp://[::1]:7000  tcp://host.example:7000
///     unix:///run/x  unix:x  unix:@name                              a path, or an abstract name
///     inproc://name                                                  inside this process
///     socket://fd/3                                                  a socket that was given open
///
/// What its transport has no use for, as a path in a URL of `tcp`, is an error. A name is looked up
/// and its addresses are raced, see `connect_tcp`; a listener takes the first that is its own, and
/// a port of 0 lets the kernel choose one.
/// Errors: those of `url_error` and `transport_error`; those of the transport, as of `resolve`;
/// canceled, timed_out (through `within`): then nothing of the attempt is left.
task<result<any_stream>> dial(url where);
task<result<any_stream>> dial(std::string_view where);

/// Waits for peers at what the URL names.
/// Errors: the same; address_in_use.
task<result<any_listener>> listen_at(url where);
task<result<any_listener>> listen_at(std::string_view where);

/// From now on URLs of this scheme are dialed, and listened at, by `made`.
/// Requires: not null.
/// Errors: scheme_taken, also for what is built in; bad_scheme for what no URL can have, or is not
/// in small letters; not_enough_memory.
/// Threads: any.
result<void> register_transport(std::string_view scheme, std::shared_ptr<transport> made) noexcept;

/// Returns: what serves the scheme.
/// Errors: unknown_scheme, with the scheme in its message.
/// Threads: any.
result<std::shared_ptr<transport>> transport_of(std::string_view scheme) noexcept;

/// A peer to connect to, again and again: what a client that reconnects is given. Copies dial the
/// same peer.
class dialer {
  public:
    /// Dials nobody: each attempt fails with no_host.
    dialer() noexcept = default;

    /// By a transport of one's own, which need not be registered. Requires: not null.
    dialer(std::shared_ptr<transport> by, url where) noexcept
        : by_(std::move(by)), where_(std::make_shared<const url>(std::move(where))) {}

    /// Errors: those of `url_error`; unknown_scheme.
    static result<dialer> to(std::string_view where);

    /// Connects once more. See `lariat::dial`.
    task<result<any_stream>> dial() const;

    /// Empty: nobody.
    std::string_view where() const noexcept { return where_ ? where_->text() : std::string_view(); }

  private:
    std::shared_ptr<transport> by_;
    std::shared_ptr<const url> where_;
};

}  // namespace lariat
