#include "bench/echo/commands.hpp"

#include <cstdio>

#include "bench/echo/board.hpp"
#include "bench/echo/load.hpp"
#include "bench/echo/request.hpp"
#include "bench/echo/servers.hpp"
#include "bench/echo/socket.hpp"
#include "bench/options.hpp"
#include "bench/rivals/program.hpp"
#include "bench/tls/ends.hpp"

namespace bench {
namespace {

constexpr echo_server plain_servers[] = {
    {"raw", "liburing, single shots", serve_raw},
    {"lariat", "a task per connection, single shots", serve_lariat},
    {"poll_first", "liburing, single shots, receives that poll before they try", serve_poll_first},
    {"direct", "liburing, multishot, provided buffers, direct descriptors", serve_direct},
    {"lariat_direct", "a task per connection, with what the line above has", serve_lariat_direct},
    {"epoll", "epoll, level-triggered", serve_epoll},
    {"asio", "Boost.Asio, a coroutine per connection, its epoll reactor", nullptr,
     "lariat-bench-asio", "libboost1.81-dev"},
    {"asio_uring", "the same with its io_uring instead", nullptr, "lariat-bench-asio-uring",
     "libboost1.81-dev"},
    {"libuv", "libuv, which waits with epoll; writes that are tried at once", nullptr,
     "lariat-bench-libuv", "libuv1-dev"},
};

constexpr echo_server tls_servers[] = {
    {"raw", "OpenSSL, which reads ahead, on sockets that epoll watches, level-triggered",
     serve_raw_tls},
    {"lariat", "a task per connection, tls_stream over tcp_stream", serve_lariat_tls},
};

const echo_server& server_of(const std::string& workload, const std::string& subject) {
    std::string names;
    for (const echo_server& known : servers_of(workload)) {
        if (known.name == subject) return known;
        names += ' ' + std::string(known.name);
    }
    throw usage_error("serve: no subject \"" + subject + "\"; there are:" + names);
}

int board_for(int descriptor) { return descriptor < 0 ? make_board() : descriptor; }

}  // namespace

std::string echo_server::path() const { return rival_program(program, package); }

std::span<const echo_server> servers_of(std::string_view workload) {
    if (workload == "echo.tls") return tls_servers;
    return plain_servers;
}

int serve_command(const std::vector<std::string>& words) {
    const serve_request asked = read_serve_request(words);
    const echo_server& chosen = server_of(asked.workload, asked.subject);
    const std::string path = chosen.serve ? "" : chosen.path();
    raise_descriptor_limit();
    pin_to(asked.processor);
    const listening door = listen_on(asked.where);
    std::printf("%s\n", to_string(door.address).c_str());
    std::fflush(stdout);
    const int board = board_for(asked.board);
    if (!chosen.serve) become_rival(path, door.socket, board);
    chosen.serve(door.socket, board_of(board));
    return 0;
}

int load_command(const std::vector<std::string>& words) {
    load_request asked = read_load_request(words);
    // Alone on the CPU that it is kept on, unless it may use but one.
    asked.plan.spins = processors_for_two().load >= 0;
    if (asked.workload == "echo.tls") asked.plan.speak = tls_speaker();
    raise_descriptor_limit();
    pin_to(asked.processor);
    const load_result got = run_load(asked.plan, board_of(board_for(asked.board)));
    const std::string text = asked.figures ? figures_of(got) + '\n' : report_of(asked, got);
    std::fputs(text.c_str(), stdout);
    return 0;
}

}  // namespace bench
