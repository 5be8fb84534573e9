#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <doctest/doctest.h>

#include "aio/any_listener.hpp"
#include "aio/dial.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/transport/by_url.hpp"
#include "tests/aio/sp/linked.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::any_listener;
using lariat::any_stream;
using lariat::result;
using lariat::task;

namespace {

/// What listens in the process, and says twice that the system is short of something.
class short_of_files final : public lariat::listener_model {
  public:
    explicit short_of_files(any_listener below) : below_(std::move(below)) {}

    task<result<any_stream>> accept() override {
        if (failures_ > 0) {
            --failures_;
            co_return std::make_error_code(std::errc::too_many_files_open);
        }
        co_return co_await below_.accept();
    }
    void close() noexcept override { below_.close(); }
    bool is_open() const noexcept override { return below_.is_open(); }
    result<lariat::address> local_address() const override { return below_.local_address(); }
    std::string url() const override { return below_.url(); }
    void* get(const void*) noexcept override { return nullptr; }

  private:
    any_listener below_;
    int failures_ = 2;
};

class scarce_transport final : public lariat::transport {
  public:
    task<result<any_stream>> dial(lariat::url where) override {
        return below_->dial(std::move(where));
    }
    task<result<any_listener>> listen(lariat::url where) override {
        auto door = co_await below_->listen(std::move(where));
        if (!door) co_return door.error();
        co_return any_listener(std::make_unique<short_of_files>(*std::move(door)));
    }

  private:
    std::shared_ptr<lariat::transport> below_ = lariat::make_inproc_transport();
};

}  // namespace

TEST_CASE("a socket goes on to listen after an accept that failed for want of something") {
    REQUIRE(lariat::register_transport("scarce", std::make_shared<scarce_transport>()));
    sp_net net;
    lariat::pull_socket pull(
        {.reconnect = {.first = 10ms, .growth = 1, .longest = 10ms, .jitter = 0}});
    CHECK(!net.run(error_of_listen(pull, "scarce://door")));
    lariat::push_socket push;
    running dialing(net.at, error_of_dial(push, "scarce://door"));
    net.at.run_until_idle();
    CHECK(pull.peer_count() == 0);

    net.at.advance(10ms);
    net.at.advance(10ms);

    REQUIRE(dialing.done());
    CHECK(!dialing.take());
    CHECK(net.run(send_texts(push, {"hello"})) == 1);
    CHECK(net.run(receive_texts(pull, 1)) == std::vector<std::string>{"hello"});
}
