#include "aio/transport/happy_eyeballs.hpp"

#include <utility>

namespace lariat {
namespace {

task<result<tcp_stream>> connect_to(const address& where) { return connect_tcp(where); }

}  // namespace

task<result<tcp_stream>> connect_tcp(std::string host, std::string service,
                                     happy_eyeballs_options options) {
    options.names.type = socket_type::stream;
    const auto found =
        co_await or_return(co_await resolve(std::move(host), std::move(service), options.names));
    auto order = interleave_families(found, options.first_family);
    co_return co_await race_to_connect(std::move(order), options.attempt_delay, &connect_to);
}

}  // namespace lariat
