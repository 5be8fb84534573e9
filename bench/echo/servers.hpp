#pragma once

#include <span>
#include <string>
#include <string_view>

namespace bench {

struct echo_board;

/// One way to serve: sends back what it receives, on every connection that `listener` accepts,
/// until its process is killed.
struct echo_server {
    std::string_view name;
    std::string_view what;
    void (*serve)(int listener, echo_board& board);  ///< Null: a program of its own does.
    std::string_view program = {};
    std::string_view package = {};  ///< What it is built with.

    /// Errors: throws `unavailable` when it is a program that was not built.
    std::string path() const;
};

/// Of a workload, in the order in which they are compared.
std::span<const echo_server> servers_of(std::string_view workload);

void serve_raw(int listener, echo_board& board);
void serve_poll_first(int listener, echo_board& board);
void serve_direct(int listener, echo_board& board);
void serve_lariat(int listener, echo_board& board);
void serve_lariat_direct(int listener, echo_board& board);
void serve_epoll(int listener, echo_board& board);
/// Over TLS. Errors: both throw `unavailable` where the build has none.
void serve_raw_tls(int listener, echo_board& board);
void serve_lariat_tls(int listener, echo_board& board);

}  // namespace bench
