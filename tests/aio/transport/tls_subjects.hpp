#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "aio/any_stream.hpp"
#include "aio/dial.hpp"
#include "aio/testing/transport_suite.hpp"
#include "aio/transport/tls.hpp"
#include "aio/transport/tls_listener.hpp"
#include "aio/transport/tls_url.hpp"
#include "tests/aio/transport/subjects.hpp"
#include "tests/aio/transport/tls_material.hpp"

namespace tls_subjects {

namespace io = lariat;

/// TLS over another transport of the tests.
template <class Below>
class tls_over {
    using below_listener =
        typename io::await_result<decltype(std::declval<Below&>().listen())>::value_type;
    using below_stream =
        typename io::await_result<decltype(std::declval<below_listener&>().accept())>::value_type;

  public:
    // Who dials has been accepted below, with a descriptor, before anybody asks for a peer.
    static constexpr io::testing::transport_traits traits{.listens = true,
                                                          .ends = true,
                                                          .half_close = true,
                                                          .resets = Below::traits.resets,
                                                          .descriptors = false,
                                                          .refuses = true,
                                                          .black_hole = true,
                                                          .takes_names = true,
                                                          .long_names = Below::traits.long_names,
                                                          .outlived = true};

    using listener = io::tls_listener<below_listener>;
    using stream = io::tls_stream<below_stream>;

    io::task<io::result<listener>> listen() { return over(below_.listen(), {}); }
    io::task<io::result<listener>> listen_narrow() {
        return over(below_.listen_narrow(), {.backlog = 1});
    }
    io::task<io::result<listener>> listen_again(listener& at) {
        return over(below_.listen_again(at.below()), {});
    }
    io::task<io::result<listener>> listen_too_long()
        requires(traits.long_names)
    {
        return over(below_.listen_too_long(), {});
    }
    io::task<io::result<stream>> dial(listener& to) { return over(below_.dial(to.below())); }
    io::task<io::result<stream>> dial_nobody() { return over(below_.dial_nobody()); }
    void reset(stream& which)
        requires(traits.resets)
    {
        below_.reset(which.below());
        which.close();
    }

  private:
    static io::task<io::result<listener>> over(io::task<io::result<below_listener>> opening,
                                               io::tls_listen_options options) {
        auto below = co_await std::move(opening);
        if (!below) co_return below.error();
        co_return listener::open(*std::move(below), server_context(), options);
    }

    static io::task<io::result<stream>> over(io::task<io::result<below_stream>> connecting) {
        auto below = co_await std::move(connecting);
        if (!below) co_return below.error();
        const auto context = client_context();
        co_return co_await io::tls_connect(*std::move(below), context,
                                           {.server_name = "server.test"});
    }

    Below below_;
};

/// Whether this process has a transport for TLS that listens and dials on this machine.
inline bool tls_has_a_name() {
    static const auto own = authority().issue({.name = "127.0.0.1"});
    static const auto named = io::register_transport(
        "tls", io::make_tls_transport(
                   {.client = client_context(),
                    .server = io::tls_context::server({.certificate = {.text = own.certificate},
                                                       .key = {.text = own.key}})
                                  .value()}));
    return named.has_value();
}

/// For `subjects::by_url`.
struct tls_place {
    // As of `tls_over`: the listener takes its peers by itself.
    static constexpr bool resets = true, descriptors = false, long_names = false;

    tls_place() {
        if (!tls_has_a_name()) throw std::runtime_error("tls has another transport");
    }
    std::string fresh() const { return "tls://127.0.0.1:0"; }
    std::string nobody() const { return "tls://127.0.0.1:1"; }
    static void reset(io::any_stream& which) {
        auto& below = which.get_if<io::tls_stream<io::tcp_stream>>()->below();
        (void)below.set_linger(std::chrono::seconds(0));
        below.close();
        which.close();
    }
};

}  // namespace tls_subjects
