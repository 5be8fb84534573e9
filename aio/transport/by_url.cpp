#include "aio/transport/by_url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "aio/transport/adopted.hpp"
#include "aio/transport/endpoints.hpp"
#include "aio/transport/happy_eyeballs.hpp"
#include "aio/transport/inproc.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/unix.hpp"

namespace lariat {
namespace {

/// Parts of a URL that a transport has a use for, beside its scheme.
struct parts {
    bool host = false;
    bool port = false;
    bool path = false;
};

/// What is not understood is refused, never passed over.
std::error_code surplus_of(const url& where, parts known) noexcept {
    const struct {
        bool there;
        transport_error what;
    } surplus[] = {
        {!known.host && where.kind() != host_kind::none, transport_error::unexpected_host},
        {!known.port && where.port().has_value(), transport_error::unexpected_port},
        {!known.path && !where.path().empty(), transport_error::unexpected_path},
        {!where.query().empty() || where.text().find('?') != std::string_view::npos,
         transport_error::unexpected_query},
        {where.text().find('#') != std::string_view::npos, transport_error::unexpected_fragment},
    };
    for (const auto& each : surplus)
        if (each.there) return make_error_code(each.what);
    return {};
}

class tcp_transport final : public transport {
  public:
    explicit tcp_transport(const resolve_options& names) noexcept : names_(names) {}

    task<result<any_stream>> dial(url where) override {
        if (const auto why = surplus_of(where, takes)) co_return why;
        auto peers = co_await endpoints_of(std::move(where), names_);
        if (!peers) co_return peers.error();
        co_return co_await as_any_stream(connect_tcp(*std::move(peers)));
    }

    task<result<any_listener>> listen(url where) override {
        if (const auto why = surplus_of(where, takes)) co_return why;
        auto places = co_await endpoints_of(std::move(where), names_);
        if (!places) co_return places.error();
        std::error_code why;
        for (const address& each : *places) {
            auto made = tcp_listener::open(each);
            if (made) co_return any_listener(*std::move(made));
            why = made.error();
        }
        co_return why;
    }

  private:
    static constexpr parts takes{.host = true, .port = true};

    const resolve_options names_;
};

class unix_transport final : public transport {
  public:
    task<result<any_stream>> dial(url where) override {
        const auto peer = address_in(where);
        if (!peer) co_return peer.error();
        co_return co_await as_any_stream(connect_unix(*peer));
    }

    task<result<any_listener>> listen(url where) override {
        const auto place = address_in(where);
        if (!place) co_return place.error();
        auto made = unix_listener::open(*place);
        if (!made) co_return made.error();
        co_return any_listener(*std::move(made));
    }

  private:
    static result<address> address_in(const url& where) {
        if (const auto why = surplus_of(where, {.path = true})) return why;
        const std::string_view path = where.path();
        if (path.empty()) return make_error_code(transport_error::no_path);
        if (!where.has_authority() && path.starts_with('@'))
            return address::unix_abstract(url::decoded(path.substr(1)));
        return address::unix_path(url::decoded(path));
    }
};

class inproc_transport final : public transport {
  public:
    task<result<any_stream>> dial(url where) override {
        if (const auto why = fault_of(where)) co_return why;
        co_return co_await as_any_stream(connect_inproc(url::decoded(where.host())));
    }

    task<result<any_listener>> listen(url where) override {
        if (const auto why = fault_of(where)) co_return why;
        auto made = inproc_listener::open(url::decoded(where.host()));
        if (!made) co_return made.error();
        co_return any_listener(*std::move(made));
    }

  private:
    static std::error_code fault_of(const url& where) noexcept {
        if (const auto why = surplus_of(where, {.host = true})) return why;
        if (where.kind() == host_kind::none) return make_error_code(transport_error::no_host);
        return {};
    }
};

class socket_transport final : public transport {
  public:
    task<result<any_stream>> dial(url where) override {
        const auto number = number_in(where);
        if (!number) co_return number.error();
        co_return adopt_stream(*number);
    }

    task<result<any_listener>> listen(url where) override {
        const auto number = number_in(where);
        if (!number) co_return number.error();
        co_return adopt_listener(*number);
    }

  private:
    static result<int> number_in(const url& where) noexcept {
        if (const auto why = surplus_of(where, {.host = true, .path = true})) return why;
        if (where.host() != "fd") return make_error_code(transport_error::unknown_host);
        const std::string_view path = where.path();
        const char* const end = path.data() + path.size();
        int number = 0;
        if (path.size() < 2) return make_error_code(transport_error::no_path);
        const auto read = std::from_chars(path.data() + 1, end, number);
        if (read.ec != std::errc() || read.ptr != end || number < 0)
            return make_error_code(transport_error::no_path);
        return number;
    }
};

}  // namespace

std::shared_ptr<transport> make_tcp_transport(resolve_options names) {
    return std::make_shared<tcp_transport>(names);
}
std::shared_ptr<transport> make_unix_transport() { return std::make_shared<unix_transport>(); }
std::shared_ptr<transport> make_inproc_transport() { return std::make_shared<inproc_transport>(); }
std::shared_ptr<transport> make_socket_transport() { return std::make_shared<socket_transport>(); }

}  // namespace lariat
