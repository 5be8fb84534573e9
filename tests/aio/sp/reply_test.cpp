#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "tests/aio/sp/asking.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace std::string_literals;
using namespace std::string_view_literals;
using namespace lariat::testing;
using lariat::message;
using lariat::rep_request;
using lariat::rep_socket;
using lariat::req_socket;
using lariat::task;

namespace {

/// Answers each with itself in brackets, and counts.
task<> answer_all(rep_socket& by, int& answered) {
    for (;;) {
        auto asked = co_await by.receive();
        if (!asked) co_return;
        const auto sent =
            co_await asked->reply(message("[" + std::string(asked->what.text()) + "]"));
        if (!sent) co_return;
        ++answered;
    }
}

lariat::rep_options queues(std::size_t sent, std::size_t received) {
    lariat::rep_options options;
    options.send_queue = sent;
    options.receive_queue = received;
    return options;
}

std::string question_frame(int number) {
    return "\0\0\0\0\0\0\0\5\x80\0\0"s + static_cast<char>(number) + "q";
}

/// A requester, played byte by byte, that asks and asks and reads nothing.
struct deaf_asker {
    explicit deaf_asker(sp_net& net) : net_(net) {}

    void join(rep_socket& rep) {
        running joined(net_.at, error_of_adopt(rep, wire.left(), lariat::sp_mapping::tcp));
        net_.run(write_raw(wire.right(), "\0SP\0\0\x30\0\0"sv));
        CHECK(net_.run(read_raw(wire.right(), 8)) == "\0SP\0\0\x31\0\0"sv);
        REQUIRE(!joined.take());
    }

    void begin_to_ask(int count) {
        for (int i = 0; i < count; ++i) questions_ += question_frame(i);
        asking_.emplace(net_.at, write_raw(wire.right(), questions_));
        net_.at.run_until_idle();
    }

    stream_pair wire{64};

  private:
    sp_net& net_;
    std::string questions_;
    std::optional<running<>> asking_;
};

}  // namespace

TEST_CASE("a requester that does not read its replies stops nobody who answers") {
    sp_net net;
    deaf_asker deaf(net);
    rep_socket rep(queues(2, 2));
    req_socket other;
    net.connect(rep, other, way::wire);
    deaf.join(rep);
    int answered = 0;
    running answering(net.at, answer_all(rep, answered));

    deaf.begin_to_ask(100);

    CHECK(net.run(ask(other, "and me?")) == "[and me?]");
    CHECK(answered < 20);  // It is not served any more before it reads.
    CHECK(rep.peer_count() == 2);
}

TEST_CASE("a requester that reads its replies late gets all of them") {
    sp_net net;
    deaf_asker deaf(net);
    rep_socket rep(queues(2, 2));
    deaf.join(rep);
    int answered = 0;
    running answering(net.at, answer_all(rep, answered));
    deaf.begin_to_ask(100);

    const std::string bytes = net.run(read_raw(deaf.wire.right(), 100 * 15));

    CHECK(answered == 100);
    REQUIRE(bytes.size() == 1500);
    for (std::size_t i = 0; i < 100; ++i)
        CHECK(bytes.substr(i * 15, 15) ==
              "\0\0\0\0\0\0\0\7\x80\0\0"s + static_cast<char>(i) + "[q]");
}

TEST_CASE("a reply is accepted at once, however many have not left") {
    for (const way how : {way::wire, way::inproc}) {
        CAPTURE(how);
        sp_net net;
        rep_socket rep(queues(1, 128));
        req_socket req;
        net.connect(req, rep, how, 32);
        std::deque<running<std::string>> asked;
        std::vector<rep_request> open;
        for (int i = 0; i < 20; ++i) {
            asked.emplace_back(net.at, ask(req, "q"));
            open.push_back(*net.run(take_request(rep)));
        }
        auto reply_to_all = [](std::vector<rep_request>& to) -> task<std::size_t> {
            std::size_t accepted = 0;
            for (auto& each : to) {
                const auto sent = co_await each.reply(message("r"));
                if (sent) ++accepted;
            }
            co_return accepted;
        };
        running replying(net.at, reply_to_all(open));
        for (int turns = 0; !replying.done() && turns < 2; ++turns) (void)net.at.run_turn();

        CHECK(replying.take() == 20);
        net.at.run_until_idle();

        for (auto& each : asked) CHECK(each.take() == "r");
    }
}

TEST_CASE("a reply of a task that was cancelled is not sent, and may be sent later") {
    sp_net net;
    rep_socket rep;
    req_socket req;
    net.connect(req, rep, way::inproc);
    running asked(net.at, ask(req, "q"));
    auto open = net.run(take_request(rep));
    running canceled(net.at, reply(*open, "no"));
    canceled.cancel();
    net.at.run_until_idle();
    CHECK(canceled.take() == lariat::error::canceled);
    REQUIRE(!asked.done());

    CHECK(!net.run(reply(*open, "yes")));
    net.at.run_until_idle();

    CHECK(asked.take() == "yes");
}

TEST_CASE("a request whose task was cancelled with a deadline's reason ends with it") {
    sp_net net;
    req_socket req;
    running asked(net.at, ask(req, "q"));
    net.at.run_until_idle();

    asked.cancel(make_error_code(lariat::error::timed_out));
    net.at.run_until_idle();

    CHECK(asked.take() == text_of(lariat::error::timed_out));
}
