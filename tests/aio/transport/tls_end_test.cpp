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

// Not in an unnamed namespace: GCC would warn of the coroutine that runs an operation of theirs.
namespace ends {

/// Once it is tired its operations end with `canceled`, and nobody has cancelled them.
class tired_stream : public held::plain_stream {
  public:
    tired_stream(memory_stream& end, const bool& tired) : plain_stream(end), tired_(&tired) {}

    io::task<io::transfer> receive(io::buffer_view buffer) {
        if (*tired_) co_return {gives_up(), 0};
        const auto got = co_await end_->receive(buffer);
        co_return {got.error(), got ? *got : 0};
    }
    io::task<io::transfer> send(io::const_buffer_view buffer) {
        if (*tired_) co_return {gives_up(), 0};
        const auto sent = co_await end_->send(buffer);
        co_return {sent.error(), sent ? *sent : 0};
    }

  private:
    /// Whoever asks for ever is told so.
    std::error_code gives_up() {
        constexpr int often = 100;
        if (++asked_ > often) return std::make_error_code(std::errc::io_error);
        return make_error_code(io::error::canceled);
    }

    const bool* tired_;
    int asked_ = 0;
};

using tired_tls = io::tls_stream<tired_stream>;

inline io::task<io::result<tired_tls>> accepting(memory_stream& below, const bool& tired,
                                                 const io::tls_context& rules) {
    return io::tls_accept(tired_stream(below, tired), rules);
}

inline io::task<std::error_code> receive_one(tired_tls& from) {
    char room[1];
    const auto got = co_await from.receive(room);
    co_return got.error();
}

inline io::task<std::error_code> send_one(tired_tls& to) {
    const auto sent = co_await to.send("x");
    co_return sent.error();
}

}  // namespace ends

TEST_CASE("a stream below that gives up by itself ends both directions, like any error of it") {
    manual_home at;
    stream_pair below;
    bool tired = false;
    running connects(at, connecting(below.left(), client_context()));
    running accepts(at, ends::accepting(below.right(), tired, server_context()));
    at.run_until_idle();
    auto client = connects.take().value();
    auto server = accepts.take().value();
    tired = true;

    running received(at, ends::receive_one(server));
    running sent(at, ends::send_one(server));
    at.run_until_idle();

    REQUIRE(received.done());
    REQUIRE(sent.done());
    CHECK(received.take() == io::error::canceled);
    CHECK(sent.take() == io::error::canceled);
}

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
