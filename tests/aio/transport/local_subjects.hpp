#pragma once

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "aio/dial.hpp"
#include "aio/pipe_stream.hpp"
#include "aio/standard_stream.hpp"
#include "aio/stream/joined.hpp"
#include "aio/testing/transport_suite.hpp"
#include "aio/transport/tcp.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/loopback.hpp"

// What connects programs of one machine without a name to dial, for the suite.

namespace subjects {

using lariat::descriptor;
using lariat::result;
using lariat::task;

/// What is not found by who dials: both of its ends are there from the start.
constexpr lariat::testing::transport_traits of_a_pair(bool ends, bool half_close) {
    return {.listens = false,
            .ends = ends,
            .half_close = half_close,
            .resets = false,
            .descriptors = false,
            .refuses = false,
            .black_hole = false,
            .takes_names = false,
            .long_names = false,
            .outlived = true};
}

using piped = lariat::joined<lariat::pipe_reader, lariat::pipe_writer>;
using shared = lariat::joined<lariat::pipe_reader, lariat::shared_writer>;

/// Two pipes, each of which is one direction.
class pipes {
  public:
    static constexpr auto traits = of_a_pair(true, true);

    task<result<std::pair<piped, piped>>> pair() {
        auto there = make_pipe();
        auto back = make_pipe();
        co_return std::pair(piped(lariat::pipe_reader(std::move(back.first)),
                                  lariat::pipe_writer(std::move(there.second))),
                            piped(lariat::pipe_reader(std::move(there.first)),
                                  lariat::pipe_writer(std::move(back.second))));
    }
};

/// The process's own streams while they are two pipes, and a program at the other ends. The end of
/// one direction is never told alone: others may have the same output open.
class standard_streams {
  public:
    static constexpr auto traits = of_a_pair(true, false);

    task<result<std::pair<shared, shared>>> pair() {
        auto in = make_pipe();
        auto out = make_pipe();
        auto own = own_streams(in.first, out.second);
        if (!own) co_return own.error();
        co_return std::pair(*std::move(own), shared(lariat::pipe_reader(std::move(out.first)),
                                                    lariat::shared_writer(std::move(in.second))));
    }

  private:
    static result<shared> own_streams(const descriptor& in, const descriptor& out) {
        const auto before_in = descriptor::adopt(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
        const auto before_out = descriptor::adopt(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
        ::dup2(in.number(), STDIN_FILENO);
        ::dup2(out.number(), STDOUT_FILENO);
        auto input = lariat::standard_input();
        auto output = lariat::standard_output();
        ::dup2(before_in.number(), STDIN_FILENO);
        ::dup2(before_out.number(), STDOUT_FILENO);
        if (!input) return input.error();
        if (!output) return output.error();
        return shared(*std::move(input), *std::move(output));
    }
};

/// A terminal that hands through what it is given, its user's end and a program's. A hang-up takes
/// what was on its way with it.
class terminal {
  public:
    static constexpr auto traits = of_a_pair(false, false);

    task<result<std::pair<shared, shared>>> pair() {
        termios raw{};
        ::cfmakeraw(&raw);
        int user = -1;
        int program = -1;
        if (::openpty(&user, &program, nullptr, &raw, nullptr) < 0)
            co_return std::error_code(errno, std::generic_category());
        co_return std::pair(both_ways(descriptor::adopt(user)),
                            both_ways(descriptor::adopt(program)));
    }

  private:
    static shared both_ways(descriptor end) {
        auto copy = descriptor::adopt(::fcntl(end.number(), F_DUPFD_CLOEXEC, 3));
        return {lariat::pipe_reader(std::move(end)), lariat::shared_writer(std::move(copy))};
    }
};

/// Sockets that somebody else has made, and that are handed on by their numbers. There is no name
/// to be taken, and nobody to be asked: whoever made it has been refused, or has waited.
class handed_on {
  public:
    static constexpr lariat::testing::transport_traits traits{.listens = true,
                                                              .ends = true,
                                                              .half_close = true,
                                                              .resets = true,
                                                              .descriptors = true,
                                                              .refuses = false,
                                                              .black_hole = false,
                                                              .takes_names = false,
                                                              .long_names = false,
                                                              .outlived = true};

    task<result<lariat::any_listener>> listen() {
        const int number = listening().release();
        auto made = co_await lariat::listen_at("socket://fd/" + std::to_string(number));
        if (!made) ::close(number);
        co_return made;
    }
    task<result<lariat::any_stream>> dial(lariat::any_listener& to) {
        const auto where = to.local_address();
        if (!where) co_return where.error();
        const int number = client_of(*where).release();
        auto made = co_await lariat::dial("socket://fd/" + std::to_string(number));
        if (!made) ::close(number);
        co_return made;
    }
    void reset(lariat::any_stream& which) {
        (void)which.get_if<lariat::tcp_stream>()->set_linger(std::chrono::seconds(0));
        which.close();
    }
};

}  // namespace subjects
