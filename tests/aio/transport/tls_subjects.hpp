#pragma once

#include <utility>

#include "aio/testing/transport_suite.hpp"
#include "aio/transport/tls.hpp"
#include "aio/transport/tls_listener.hpp"
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
    static constexpr io::testing::transport_traits traits{.half_close = true,
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

}  // namespace tls_subjects
