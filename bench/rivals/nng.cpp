#include "bench/sp/party.hpp"

#if LARIAT_BENCH_NNG

#include <arpa/inet.h>

#include <stdexcept>
#include <thread>

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>

namespace bench {
namespace {

void must(int outcome, const char* what) {
    if (outcome != 0) throw std::runtime_error(std::string(what) + ": " + nng_strerror(outcome));
}

/// A socket of NNG, with queues as long as ours.
class nng_end {
  public:
    explicit nng_end(int (*open)(nng_socket*)) {
        must(open(&socket_), "nng open");
        // Not every protocol has both.
        (void)nng_socket_set_int(socket_, NNG_OPT_SENDBUF, 128);
        (void)nng_socket_set_int(socket_, NNG_OPT_RECVBUF, 128);
        must(nng_socket_set_bool(socket_, NNG_OPT_TCP_NODELAY, true), "nng no delay");
    }
    ~nng_end() { nng_close(socket_); }
    nng_end(const nng_end&) = delete;
    nng_end& operator=(const nng_end&) = delete;

    std::string listen(const std::string& url) {
        nng_listener listener;
        must(nng_listen(socket_, url.c_str(), &listener, 0), "nng listen");
        if (!url.starts_with("tcp://")) return url;
        nng_sockaddr where;
        must(nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &where), "nng address");
        return "tcp://127.0.0.1:" + std::to_string(ntohs(where.s_in.sa_port));
    }

    void dial(const std::string& url) {
        must(nng_dial(socket_, url.c_str(), nullptr, 0), "nng dial");
    }

    nng_msg* receive() {
        nng_msg* got = nullptr;
        const int outcome = nng_recvmsg(socket_, &got, 0);
        return outcome == 0 ? got : nullptr;
    }

    bool send(nng_msg* what) { return nng_sendmsg(socket_, what, 0) == 0; }

  private:
    nng_socket socket_;
};

nng_msg* message_of(std::size_t size) {
    nng_msg* made = nullptr;
    must(nng_msg_alloc(&made, size), "nng message");
    return made;
}

sp_count nng_receive(const sp_plan& plan, const sp_announce& announce) {
    nng_end own(&nng_pull0_open);
    announce(own.listen(plan.url));
    sp_stopwatch watch(plan);
    while (nng_msg* const got = own.receive()) {
        nng_msg_free(got);
        if (watch.count()) break;
    }
    return watch.taken();
}

void nng_send(const sp_plan& plan) {
    nng_end own(&nng_push0_open);
    own.dial(plan.url);
    while (own.send(message_of(plan.size))) {
    }
}

void echo_all(nng_end& own) {
    while (nng_msg* const got = own.receive())
        if (!own.send(got)) break;
}

void nng_echo(const sp_plan& plan, const sp_announce& announce) {
    nng_end own(&nng_pair0_open);
    announce(own.listen(plan.url));
    echo_all(own);
}

/// One round trip. Returns: the message, come back; null at the end.
nng_msg* ask_once(nng_end& own, nng_msg* travelling) {
    return own.send(travelling) ? own.receive() : nullptr;
}

sp_count nng_ask(const sp_plan& plan) {
    nng_end own(&nng_pair0_open);
    own.dial(plan.url);
    sp_stopwatch watch(plan);
    nng_msg* travelling = message_of(plan.size);
    while ((travelling = ask_once(own, travelling)) != nullptr && !watch.count()) {
    }
    return watch.taken();
}

sp_count nng_ask_within(const sp_plan& plan, bool) {
    nng_end other(&nng_pair0_open);
    other.listen(plan.url);
    std::thread echoing([&] { echo_all(other); });
    sp_count taken;
    {
        nng_end own(&nng_pair0_open);
        own.dial(plan.url);
        nng_msg* travelling = message_of(plan.size);
        for (std::uint64_t i = 0; i < plan.round_trips / 10; ++i)
            travelling = ask_once(own, travelling);
        const sp_span measured;
        for (std::uint64_t i = 0; i < plan.round_trips; ++i) travelling = ask_once(own, travelling);
        taken = measured.taken(plan.round_trips);
        nng_msg_free(travelling);
    }
    nng_closeall();
    echoing.join();
    return taken;
}

}  // namespace

const sp_party nng_party{"nng", nng_receive, nng_send, nng_echo, nng_ask, nng_ask_within};

}  // namespace bench

#else

namespace bench {

const sp_party nng_party{};

}  // namespace bench

#endif
