#include <string>
#include <vector>

#include "aio/sp/pair_socket.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace lariat::testing;
using lariat::pair_socket;

namespace {

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a pair sends in both directions") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        pair_socket one;
        pair_socket other;
        net.connect(one, other, how);

        CHECK(net.run(send_texts(one, {"a", "b"})) == 2);
        CHECK(net.run(send_texts(other, {"c"})) == 1);

        CHECK(net.run(receive_texts(other, 2)) == texts{"a", "b"});
        CHECK(net.run(receive_texts(one, 1)) == texts{"c"});
    }
}

TEST_CASE("a pair refuses a second peer, and takes one when the first has gone") {
    sp_net net;
    pair_socket one;
    CHECK(!net.run(error_of_listen(one, "inproc://pair")));
    pair_socket third;
    {
        pair_socket other;
        CHECK(!net.run(error_of_dial(other, "inproc://pair")));

        CHECK(net.run(error_of_dial(third, "inproc://pair")) == std::errc::connection_refused);
        CHECK(one.peer_count() == 1);
    }
    net.at.run_until_idle();

    CHECK(!net.run(error_of_dial(third, "inproc://pair")));

    CHECK(net.run(send_texts(third, {"here"})) == 1);
    CHECK(net.run(receive_texts(one, 1)) == texts{"here"});
}

TEST_CASE("a second peer of a pair that comes over a stream is sent away") {
    sp_net net;
    pair_socket one;
    pair_socket other;
    net.connect(one, other, way::wire);
    pair_socket third;
    stream_pair wire;
    running refused(net.at, error_of_adopt(one, wire.left(), lariat::sp_mapping::tcp));
    running joined(net.at, error_of_adopt(third, wire.right(), lariat::sp_mapping::tcp));
    net.at.run_until_idle();

    CHECK(refused.take() == std::errc::connection_refused);
    CHECK(!joined.take());  // Its greeting was good; then the stream ended.
    CHECK(third.peer_count() == 0);
    CHECK(one.peer_count() == 1);
}

TEST_CASE("a pair that dials itself is refused by itself") {
    sp_net net;
    pair_socket one;
    CHECK(!net.run(error_of_listen(one, "inproc://self")));

    const auto refused = net.run(error_of_dial(one, "inproc://self"));
    net.at.run_until_idle();

    CHECK(refused == std::errc::connection_refused);
    CHECK(one.peer_count() == 0);
}

TEST_CASE("a pair without a peer lets senders and receivers wait") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        pair_socket one;
        pair_socket other;
        running sent(net.at, send_texts(one, {"a"}));
        running got(net.at, receive_texts(one, 1));
        net.at.run_until_idle();
        REQUIRE(!sent.done());
        REQUIRE(!got.done());

        net.connect(one, other, how);
        CHECK(net.run(send_texts(other, {"b"})) == 1);

        CHECK(net.run(receive_texts(other, 1)) == texts{"a"});
        CHECK(got.take() == texts{"b"});
    }
}
