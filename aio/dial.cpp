#include "aio/dial.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <string>

#include "aio/transport/by_url.hpp"
#include "runtime/check.hpp"

namespace lariat {
namespace {

/// Who serves which scheme, in this process.
class registry {
  public:
    static registry& instance() {
        static registry all;
        return all;
    }

    bool add(std::string_view scheme, std::shared_ptr<transport>&& made) {
        const std::scoped_lock lock(guard_);
        return served_.try_emplace(std::string(scheme), std::move(made)).second;
    }

    std::shared_ptr<transport> find(std::string_view scheme) {
        const std::scoped_lock lock(guard_);
        const auto found = served_.find(scheme);
        return found == served_.end() ? nullptr : found->second;
    }

  private:
    std::mutex guard_;
    std::map<std::string, std::shared_ptr<transport>, std::less<>> served_{
        {"tcp", make_tcp_transport()},
        {"unix", make_unix_transport()},
        {"inproc", make_inproc_transport()},
        {"socket", make_socket_transport()},
    };
};

/// What a URL of the scheme would show as its scheme.
bool is_scheme(std::string_view scheme) noexcept {
    const auto probe = url::parse(std::string(scheme) + ':');
    return probe && probe->scheme() == scheme;
}

template <class Made>
task<result<Made>> failed(std::error_code why) {
    co_return why;
}

}  // namespace

result<void> register_transport(std::string_view scheme, std::shared_ptr<transport> made) noexcept {
    check(made != nullptr, "register_transport: no transport was given");
    try {
        if (!is_scheme(scheme)) return make_error_code(transport_error::bad_scheme);
        if (registry::instance().add(scheme, std::move(made))) return {};
    } catch (const std::bad_alloc&) {
        return std::make_error_code(std::errc::not_enough_memory);
    }
    return error_of_scheme(transport_error::scheme_taken, scheme);
}

result<std::shared_ptr<transport>> transport_of(std::string_view scheme) noexcept {
    auto found = registry::instance().find(scheme);
    if (!found) return error_of_scheme(transport_error::unknown_scheme, scheme);
    return found;
}

task<result<any_stream>> dial(url where) {
    const auto by = transport_of(where.scheme());
    if (!by) co_return by.error();
    co_return co_await (*by)->dial(std::move(where));
}

task<result<any_stream>> dial(std::string_view where) {
    auto parsed = url::parse(where);
    return parsed ? dial(*std::move(parsed)) : failed<any_stream>(parsed.error());
}

task<result<any_listener>> listen_at(url where) {
    const auto by = transport_of(where.scheme());
    if (!by) co_return by.error();
    co_return co_await (*by)->listen(std::move(where));
}

task<result<any_listener>> listen_at(std::string_view where) {
    auto parsed = url::parse(where);
    return parsed ? listen_at(*std::move(parsed)) : failed<any_listener>(parsed.error());
}

result<dialer> dialer::to(std::string_view where) {
    auto parsed = url::parse(where);
    if (!parsed) return parsed.error();
    auto by = transport_of(parsed->scheme());
    if (!by) return by.error();
    return dialer(*std::move(by), *std::move(parsed));
}

task<result<any_stream>> dialer::dial() const {
    if (!by_) return failed<any_stream>(make_error_code(transport_error::no_host));
    // The task owns the transport: this dialer may go before it.
    static constexpr auto by = [](std::shared_ptr<transport> server,
                                  url peer) -> task<result<any_stream>> {
        co_return co_await server->dial(std::move(peer));
    };
    return by(by_, *where_);
}

}  // namespace lariat
