#include <string>
#include <vector>

#include "aio/sp/pair_socket.hpp"
#include "aio/sp/pub_socket.hpp"
#include "aio/sp/sub_socket.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace lariat::testing;
using lariat::pair_socket;
using lariat::pub_socket;
using lariat::sub_socket;

namespace {

using texts = std::vector<std::string>;

texts numbers(int from, int to) {
    texts made;
    for (int i = from; i < to; ++i) made.push_back(std::to_string(i));
    return made;
}

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

TEST_CASE("every subscriber receives what begins with one of its prefixes") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        pub_socket pub;
        sub_socket news;
        sub_socket all;
        news.subscribe("news:");
        news.subscribe("news:");
        news.subscribe("time:");
        all.subscribe("");
        net.connect(pub, news, how);
        net.connect(pub, all, how);

        CHECK(net.run(send_texts(pub, {"news:1", "new", "time:12", "", "news:"})) == 5);

        CHECK(net.run(receive_texts(news, 3)) == texts{"news:1", "time:12", "news:"});
        CHECK(net.run(receive_texts(all, 5)) == texts{"news:1", "new", "time:12", "", "news:"});
    }
}

TEST_CASE("without a subscription nothing is received, after it is withdrawn nothing more") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        pub_socket pub;
        sub_socket sub;
        net.connect(pub, sub, how);
        CHECK(net.run(send_texts(pub, {"a1"})) == 1);
        sub.subscribe("a");
        CHECK(net.run(send_texts(pub, {"a2"})) == 1);
        CHECK(sub.unsubscribe("a"));
        CHECK(!sub.unsubscribe("a"));
        CHECK(net.run(send_texts(pub, {"a3"})) == 1);
        running got(net.at, receive_texts(sub, 2));

        net.at.run_until_idle();
        sub.close();
        net.at.run_until_idle();

        CHECK(got.take() == texts{"a2", text_of(lariat::error::closed)});
    }
}

TEST_CASE("a publisher without subscribers sends to nobody, and does not wait") {
    sp_net net;
    pub_socket pub;

    CHECK(net.run(send_texts(pub, numbers(0, 1000))) == 1000);
}

TEST_CASE("a slow subscriber keeps the newest, and holds nobody up") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        pub_socket pub;
        sub_socket slow({.receive_queue = 4});
        slow.subscribe("");
        net.connect(pub, slow, how);

        CHECK(net.run(send_texts(pub, numbers(0, 100))) == 100);

        CHECK(net.run(receive_texts(slow, 4)) == numbers(96, 100));
    }
}

TEST_CASE("a subscriber whose stream is stuck loses the oldest that have not left") {
    sp_net net;
    pub_socket pub({.send_queue = 4});
    stream_pair wire(64);
    running joined(net.at, error_of_adopt(pub, wire.left(), lariat::sp_mapping::tcp));
    auto greet = [](memory_stream& end) -> lariat::task<> {
        const auto greeting = greeting_of(lariat::sp_protocol::sub);
        (void)co_await lariat::write_all(end, greeting);
    };
    net.run(greet(wire.right()));
    net.at.run_until_idle();
    REQUIRE(!joined.take());

    for (const auto& each : numbers(100, 300)) CHECK(net.run(send_texts(pub, {each})) == 1);

    auto drain = [](memory_stream& end) -> lariat::task<std::string> {
        std::string all;
        for (;;) {
            char part[64];
            const auto got = co_await end.receive(part);
            if (!got || *got == 0) co_return all;
            all.append(part, *got);
        }
    };
    running rest(net.at, drain(wire.right()));
    net.at.run_until_idle();
    pub.close();
    net.at.run_until_idle();
    const std::string bytes = rest.take();
    CHECK(bytes.find("100") != bytes.npos);
    CHECK(bytes.find("200") == bytes.npos);
    CHECK(bytes.find("296") != bytes.npos);
    CHECK(bytes.ends_with("299"));
}

TEST_CASE("a subscriber that talks to its publisher is sent away") {
    sp_net net;
    pub_socket pub;
    stream_pair wire;
    running joined(net.at, error_of_adopt(pub, wire.left(), lariat::sp_mapping::tcp));
    auto talk = [](memory_stream& end) -> lariat::task<> {
        const std::string_view bytes("\0SP\0\0\x21\0\0\0\0\0\0\0\0\0\1x", 17);
        (void)co_await lariat::write_all(end, bytes);
    };
    net.run(talk(wire.right()));

    net.at.run_until_idle();

    CHECK(!joined.take());
    CHECK(pub.peer_count() == 0);
}

TEST_CASE("a message is published to all without a copy within a thread") {
    sp_net net;
    pub_socket pub;
    sub_socket subs[2];
    for (auto& each : subs) {
        each.subscribe("");
        net.connect(pub, each, way::inproc);
    }
    auto body = [&]() -> lariat::task<bool> {
        lariat::message one(std::string(100'000, 'x'));
        const std::byte* const where = one.data();
        (void)co_await pub.send(one);
        const auto first = co_await subs[0].receive();
        const auto second = co_await subs[1].receive();
        co_return first->data() == where && second->data() == where;
    };

    CHECK(net.run(body()));
}
