#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "aio/descriptor.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/tls.hpp"
#include "bench/tls/connection.hpp"
#include "bench/tls/ends.hpp"
#include "runtime/scheduler.hpp"

namespace bench {
namespace {

using tls = lariat::tls_stream<lariat::tcp_stream>;

lariat::task<> receive(tls* from, std::vector<char>* buffer, std::uint64_t bytes) {
    while (bytes > 0) {
        const auto most = std::min<std::uint64_t>(buffer->size(), bytes);
        const auto count = co_await from->receive(lariat::buffer_view(buffer->data(), most));
        if (!count || *count == 0) throw std::runtime_error("the sender is gone");
        bytes -= *count;
    }
}

lariat::task<> receive_all(int socket, const job* work, meter* figures) {
    const auto rules =
        lariat::tls_context::server({.certificate = {.text = tls_credentials().certificate},
                                     .key = {.text = tls_credentials().key}})
            .value();
    lariat::tcp_stream below(lariat::descriptor::adopt(socket));
    auto peer = co_await lariat::tls_accept(std::move(below), rules);
    tls from = std::move(peer).value();
    const tls_bytes_of bytes(*work);
    std::vector<char> buffer(tls_connection::buffer_size);
    lariat::ring& kernel = *lariat::home::current().kernel();
    co_await receive(&from, &buffer, bytes.warmup);

    const std::uint64_t calls = kernel.system_calls();
    figures->start();
    co_await receive(&from, &buffer, bytes.measured);
    figures->stop(work->items);
    figures->system_calls(kernel.system_calls() - calls);
    report_bandwidth(*figures, bytes);
}

lariat::task<> send_all(int socket, std::size_t size) {
    const auto rules = lariat::tls_context::client({.verify = false}).value();
    lariat::tcp_stream below(lariat::descriptor::adopt(socket));
    auto peer = co_await lariat::tls_connect(std::move(below), rules, {});
    tls to = std::move(peer).value();
    const std::vector<char> buffer(size, 'x');
    for (;;) {
        const auto sent = co_await lariat::write_all(to, buffer);
        if (!sent) co_return;
    }
}

}  // namespace

void receive_lariat_tls(const job& work, meter& figures) {
    tls_connection connection(work, "lariat");
    lariat::run(receive_all(connection.release(), &work, &figures));
}

void send_lariat_tls(int socket, std::size_t size) { lariat::run(send_all(socket, size)); }

}  // namespace bench
