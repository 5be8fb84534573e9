#include "bench/serving.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include "aio/transport/tcp.hpp"
#include "bench/echo/socket.hpp"
#include "bench/interrupt.hpp"
#include "bench/options.hpp"
#include "runtime/scheduler.hpp"
#include "tests/examples/http/session.hpp"
#include "tests/examples/key_value/session.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

/// With the options that every socket has here by default: those of the other servers have them.
lariat::tcp_listener open_door(const std::string& processor) {
    raise_descriptor_limit();
    pin_to(std::stoi(processor));
    auto door = lariat::tcp_listener::open(lariat::address::loopback(0)).value();
    std::printf("%u\n", unsigned{door.local_address().value().port()});
    std::fflush(stdout);
    return door;
}

bool takes_connections(const std::string& port) {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto where = lariat::address::loopback(static_cast<std::uint16_t>(std::stoi(port)));
    const bool connected = ::connect(probe, where.data(), where.size()) == 0;
    ::close(probe);
    return connected;
}

}  // namespace

std::string free_port() {
    const auto door = lariat::tcp_listener::open(lariat::address::loopback(0)).value();
    return std::to_string(door.local_address().value().port());
}

void wait_for_door(const served& server) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!takes_connections(server.port)) {
        if (interrupted()) throw interruption{};
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("a server did not begin to listen in time");
        std::this_thread::sleep_for(2ms);
    }
}

served serve_example(const std::string& command, const std::vector<std::string>& arguments) {
    std::vector<std::string> words{command};
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto process = std::make_unique<child>(words);
    std::string port = process->line(10s);
    return {std::move(process), std::move(port)};
}

std::string wanted(std::string_view program, std::string_view package) {
    std::string path = path_of(program);
    if (path.empty()) {
        throw unavailable(
            std::string(program).append(" is not installed (Debian: ").append(package) + ")");
    }
    return path;
}

int serve_resp_command(const std::vector<std::string>& words) {
    if (words.size() != 1) throw usage_error("serve_resp: CPU");
    lariat::run(key_value::serve(open_door(words[0]), std::stop_token())).value();
    return 0;
}

int serve_http_command(const std::vector<std::string>& words) {
    if (words.size() != 2) throw usage_error("serve_http: CPU FOLDER");
    const auto folder =
        lariat::descriptor::adopt(::open(words[1].c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) throw std::system_error(errno, std::generic_category(), words[1]);
    lariat::run(http::serve(open_door(words[0]), folder, std::stop_token())).value();
    return 0;
}

}  // namespace bench
