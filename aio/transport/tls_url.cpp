#include "aio/transport/tls_url.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "aio/transport/by_url.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/tls.hpp"
#include "aio/transport/tls_listener.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/start_on.hpp"

namespace lariat {

result<void> start_in_background(task<> work) {
    auto* const loop = here.at ? dynamic_cast<scheduler*>(here.at) : nullptr;
    if (!loop) return std::make_error_code(std::errc::operation_not_supported);
    (void)start_on(*loop, std::move(work));
    return {};
}

std::string tls_url_of(const std::string& below) {
    constexpr std::string_view over_tcp = "tcp:";
    if (below.starts_with(over_tcp)) return "tls:" + below.substr(over_tcp.size());
    return "tls+" + below;
}

namespace {

/// The same URL for the transport below.
result<url> below_of(const url& where) {
    return url::parse("tcp" + std::string(where.text().substr(where.scheme().size())));
}

/// Whom a certificate must name: without the zone of an address, which is known here alone.
std::string server_name_of(const url& where) {
    const std::string host = url::decoded(where.host());
    return where.kind() == host_kind::v6 ? host.substr(0, host.find('%')) : host;
}

class tls_transport final : public transport {
  public:
    explicit tls_transport(tls_url_options options)
        : below_(make_tcp_transport(options.names)),
          client_(options.client ? *std::move(options.client) : tls_context::client().value()),
          server_(std::move(options.server)) {}

    task<result<any_stream>> dial(url where) override {
        const auto below = below_of(where);
        if (!below) co_return below.error();
        auto connected = co_await below_->dial(*below);
        if (!connected) co_return connected.error();
        const std::string name = server_name_of(where);
        tcp_stream plain = std::move(*connected->get_if<tcp_stream>());
        co_return co_await as_any_stream(
            tls_connect(std::move(plain), client_, {.server_name = name}));
    }

    task<result<any_listener>> listen(url where) override {
        if (!server_) co_return make_error_code(tls_error::no_certificate);
        const auto below = below_of(where);
        if (!below) co_return below.error();
        auto opened = co_await below_->listen(*below);
        if (!opened) co_return opened.error();
        tcp_listener plain = std::move(*opened->get_if<tcp_listener>());
        auto made = tls_listener<tcp_listener>::open(std::move(plain), *server_);
        if (!made) co_return made.error();
        co_return any_listener(*std::move(made));
    }

  private:
    const std::shared_ptr<transport> below_;
    const tls_context client_;
    const std::optional<tls_context> server_;
};

}  // namespace

std::shared_ptr<transport> make_tls_transport(tls_url_options options) {
    return std::make_shared<tls_transport>(std::move(options));
}

}  // namespace lariat
