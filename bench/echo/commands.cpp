#include "bench/echo/commands.hpp"

#include <cstdio>

#include "bench/echo/board.hpp"
#include "bench/echo/load.hpp"
#include "bench/echo/servers.hpp"
#include "bench/echo/socket.hpp"
#include "bench/options.hpp"

namespace bench {

const echo_server echo_servers[] = {
    {"raw", "liburing, single shots", serve_raw},
    {"lariat", "a task per connection, single shots", serve_lariat},
    {"poll_first", "liburing, single shots, receives that poll before they try", serve_poll_first},
    {"direct", "liburing, multishot, provided buffers, direct descriptors", serve_direct},
    {"lariat_direct", "a task per connection, with what the line above has", serve_lariat_direct},
    {"epoll", "epoll, level-triggered", serve_epoll},
};

int serve_command(const std::vector<std::string>& words) {
    if (words.size() != 4) throw usage_error("serve: SUBJECT TRANSPORT CPU BOARD");
    raise_descriptor_limit();
    pin_to(std::stoi(words[2]));
    echo_board& board = board_of(std::stoi(words[3]));
    for (const echo_server& known : echo_servers) {
        if (known.name != words[0]) continue;
        const listening door = listen_on(words[1]);
        std::printf("%s\n", door.address.c_str());
        std::fflush(stdout);
        known.serve(door.socket, board);
        return 0;
    }
    throw usage_error("serve: no subject \"" + words[0] + "\"");
}

int load_command(const std::vector<std::string>& words) {
    if (words.size() != 9) {
        throw usage_error(
            "load: TRANSPORT ADDRESS CONNECTIONS SIZE PIPELINE MILLISECONDS CPU "
            "SERVER BOARD");
    }
    raise_descriptor_limit();
    pin_to(std::stoi(words[6]));
    const std::chrono::milliseconds measured(std::stol(words[5]));
    const load_plan plan{
        .transport = words[0],
        .address = words[1],
        .connections = static_cast<unsigned>(std::stoul(words[2])),
        .size = static_cast<unsigned>(std::stoul(words[3])),
        .pipeline = static_cast<unsigned>(std::stoul(words[4])),
        .warmup = measured / 4,
        .measured = measured,
        .server = std::stoi(words[7]),
    };
    const load_result got = run_load(plan, board_of(std::stoi(words[8])));
    std::printf("%lu %.0f %.0f %lu %lu %lu %lu %lu\n", got.messages, got.nanoseconds,
                got.server_cpu, got.server_calls, got.server_allocations, got.p50, got.p99,
                got.p99_9);
    return 0;
}

}  // namespace bench
