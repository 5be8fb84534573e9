#include "bench/tls/connection.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <vector>

#include "aio/descriptor.hpp"
#include "bench/echo/socket.hpp"
#include "bench/options.hpp"
#include "bench/tls/ends.hpp"

namespace bench {

using namespace std::chrono_literals;

const lariat::testing::credentials& tls_credentials() {
    static const auto made = lariat::testing::certificate_authority().issue({.name = "localhost"});
    return made;
}

tls_connection::tls_connection(const job& work, std::string_view sender) {
    const two_processors where = processors_for_two();
    pin_to(where.server);
    const listening listens = listen_on_loopback();
    const auto door = lariat::descriptor::adopt(listens.socket);
    sender_ = std::make_unique<child>(
        std::vector<std::string>{"tls-send", std::string(sender), to_string(listens.address),
                                 std::to_string(where.load), std::to_string(work.with["size"])});
    // It may end before it comes so far.
    socket_ = accept_within(10s, door.number());
}

tls_connection::~tls_connection() {
    if (socket_ >= 0) close(socket_);
}

void report_bandwidth(meter& figures, const tls_bytes_of& bytes) {
    constexpr double mebi = 1024 * 1024;
    const double seconds = figures.per_item() * static_cast<double>(figures.items()) / 1e9;
    figures.note("MiB_per_second", static_cast<double>(bytes.measured) / mebi / seconds);
}

int tls_send_command(const std::vector<std::string>& words) {
    if (words.size() != 4) throw usage_error("tls-send: raw|lariat ADDRESS CPU SIZE");
    std::signal(SIGPIPE, SIG_IGN);
    pin_to(std::stoi(words[2]));
    const int socket = connect_to(lariat::address::parse(words[1]).value());
    const auto send = words[0] == "raw" ? send_raw_tls : send_lariat_tls;
    send(socket, std::stoul(words[3]));
    return 0;
}

}  // namespace bench
