#include "aio/transport/happy_eyeballs.hpp"

#include <utility>

namespace lariat {

task<result<tcp_stream>> connect_tcp(std::string host, std::string service,
                                     happy_eyeballs_options options) {
    options.names.type = socket_type::stream;
    auto found =
        co_await or_return(co_await resolve(std::move(host), std::move(service), options.names));
    co_return co_await connect_tcp(std::move(found), options);
}

task<result<tcp_stream>> connect_tcp(std::vector<address> to, happy_eyeballs_options options) {
    auto order = interleave_families(to, options.first_family);
    const auto attempt = [with = options.attempts](const address& where) {
        return connect_tcp(where, with);
    };
    co_return co_await race_to_connect(std::move(order), options.attempt_delay, attempt);
}

}  // namespace lariat
