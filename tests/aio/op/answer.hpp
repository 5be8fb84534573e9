#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "aio/descriptor.hpp"
#include "runtime/composite.hpp"
#include "runtime/scheduler.hpp"

template <class Call>
lariat::task<lariat::await_result<Call>> awaited(Call call) {
    co_return co_await std::move(call);
}

/// Returns: what awaiting a description on a scheduler of its own yields.
template <class Call>
auto answer(Call call) {
    return lariat::run(awaited(std::move(call)));
}

/// Returns: what a coroutine function yields.
template <class Body>
auto run_body(Body& body) {
    return lariat::run(body());
}

struct two_ends {
    lariat::descriptor first;   ///< Of a pipe: the end that is read.
    lariat::descriptor second;  ///< Of a pipe: the end that is written.
};

inline two_ends made_of(int outcome, const int (&numbers)[2]) {
    if (outcome < 0) throw std::runtime_error("no descriptors for a test");
    return {lariat::descriptor::adopt(numbers[0]), lariat::descriptor::adopt(numbers[1])};
}

inline two_ends make_pipe() {
    int numbers[2];
    const int outcome = ::pipe2(numbers, O_CLOEXEC);
    return made_of(outcome, numbers);
}

inline two_ends make_socket_pair(int type = SOCK_STREAM) {
    int numbers[2];
    const int outcome = ::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, numbers);
    return made_of(outcome, numbers);
}

inline void put(const lariat::descriptor& to, std::string_view text) {
    if (::write(to.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("a test could not write");
}

inline std::string taken_from(const lariat::descriptor& from) {
    char text[256];
    const ssize_t size = ::read(from.number(), text, sizeof text);
    return size < 0 ? "an error" : std::string(text, static_cast<std::size_t>(size));
}

inline bool is_open(int number) { return ::fcntl(number, F_GETFD) >= 0; }
inline bool closes_on_exec(const lariat::descriptor& file) {
    return ::fcntl(file.number(), F_GETFD) == FD_CLOEXEC;
}
