#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/sp/message.hpp"
#include "aio/sp/socket.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "aio/testing/stream_pair.hpp"
#include "tests/aio/sp/wire.hpp"

/// How the sockets of a test find one another.
enum class way { wire, inproc };

inline std::ostream& operator<<(std::ostream& out, way which) {
    return out << (which == way::wire ? "over a stream" : "within a thread");
}

inline lariat::task<std::error_code> error_of_listen(lariat::sp_socket& by, std::string url) {
    const auto done = co_await by.listen(std::move(url));
    co_return done.error();
}

inline lariat::task<std::error_code> error_of_dial(lariat::sp_socket& by, std::string url) {
    const auto done = co_await by.dial(std::move(url));
    co_return done.error();
}

inline lariat::task<std::error_code> error_of_adopt(lariat::sp_socket& by,
                                                    lariat::testing::memory_stream& end,
                                                    lariat::sp_mapping mapping) {
    const auto done = co_await by.adopt(lent(end), mapping);
    co_return done.error();
}

/// Sends texts one after the other. Returns: how many were accepted.
template <class Socket>
lariat::task<std::size_t> send_texts(Socket& by, std::vector<std::string> texts) {
    std::size_t accepted = 0;
    for (const auto& each : texts) {
        const auto sent = co_await by.send(lariat::message(each));
        if (!sent) break;
        ++accepted;
    }
    co_return accepted;
}

/// Returns: so many texts, or what came before the error, and the error.
template <class Socket>
lariat::task<std::vector<std::string>> receive_texts(Socket& by, std::size_t count) {
    std::vector<std::string> texts;
    while (texts.size() < count) {
        const auto got = co_await by.receive();
        texts.emplace_back(got ? std::string(got->text()) : got.error().message());
        if (!got) break;
    }
    co_return texts;
}

inline std::string text_of(std::error_code why) { return why.message(); }
inline std::string text_of(lariat::error why) { return make_error_code(why).message(); }

/// A home without a kernel, and ways from socket to socket.
class sp_net {
  public:
    explicit sp_net(lariat::home_budgets budgets = {}) noexcept : at(budgets) {}

    lariat::testing::manual_home at;

    /// Connects two sockets; both are one another's peers then.
    void connect(lariat::sp_socket& one, lariat::sp_socket& other, way how,
                 std::size_t capacity = 4096) {
        if (how == way::inproc) {
            const std::string url = "inproc://net" + std::to_string(++names_);
            REQUIRE(!run(error_of_listen(one, url)));
            REQUIRE(!run(error_of_dial(other, url)));
            return;
        }
        auto& wire = *wires_.emplace_back(std::make_unique<lariat::testing::stream_pair>(capacity));
        const auto mapping = lariat::sp_mapping::ipc;
        lariat::testing::running first(at, error_of_adopt(one, wire.left(), mapping));
        lariat::testing::running second(at, error_of_adopt(other, wire.right(), mapping));
        at.run_until_idle();
        REQUIRE(!first.take());
        REQUIRE(!second.take());
    }

    lariat::testing::stream_pair& last_wire() { return *wires_.back(); }

    /// Runs what ends without anybody's help.
    template <class T>
    T run(lariat::task<T> body) {
        lariat::testing::running done(at, std::move(body));
        at.run_until_idle();
        REQUIRE(done.done());
        return done.take();
    }

  private:
    std::vector<std::unique_ptr<lariat::testing::stream_pair>> wires_;
    int names_ = 0;
};
