#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <doctest/doctest.h>

#include "aio/transport/tls.hpp"
#include "runtime/error.hpp"
#include "tests/aio/transport/tls_pair.hpp"

// How a connection ends other than by its peer's leave.

namespace io = lariat;
using namespace lariat::testing;

TEST_CASE("a stream of TLS that is closed makes no new keys") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    pair.client.close();
    at.run_until_idle();
    const auto on_their_way = below.on_their_way();

    const auto made = pair.client.update_keys();
    at.run_until_idle();

    CHECK(made.error() == io::error::closed);
    CHECK(below.on_their_way() == on_their_way);
}

TEST_CASE("who has ended its side of TLS makes no new keys for it") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    running ended(at, end_sending(pair.client));
    at.run_until_idle();
    const auto on_their_way = below.on_their_way();

    const auto made = pair.client.update_keys();
    at.run_until_idle();

    CHECK(ended.take());
    CHECK(made.error() == std::errc::broken_pipe);
    CHECK(below.on_their_way() == on_their_way);
}

TEST_CASE("what ended sending below is told who wants new keys") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    pair.client.below().close();
    running sends(at, send_text(pair.client, "x"));
    at.run_until_idle();
    const auto why = sends.take().error();

    const auto made = pair.client.update_keys();

    CHECK(why);
    CHECK(made.error() == why);
}
