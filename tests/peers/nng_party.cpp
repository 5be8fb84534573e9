#include "tests/peers/nng_party.hpp"

#include <nng/protocol/pubsub0/sub.h>

#include <arpa/inet.h>

#include <chrono>
#include <stdexcept>

namespace {

void must(int outcome, const char* what) {
    if (outcome != 0) throw std::runtime_error(std::string(what) + ": " + nng_strerror(outcome));
}

}  // namespace

nng_party::nng_party(int (*open)(nng_socket*)) {
    must(open(&socket_), "nng open");
    must(nng_socket_set_ms(socket_, NNG_OPT_SENDTIMEO, 10'000), "nng send timeout");
    must(nng_socket_set_ms(socket_, NNG_OPT_RECVTIMEO, 10'000), "nng receive timeout");
    must(nng_pipe_notify(socket_, NNG_PIPE_EV_ADD_POST, &count_pipe, this), "nng notify");
    must(nng_pipe_notify(socket_, NNG_PIPE_EV_REM_POST, &count_pipe, this), "nng notify");
}

nng_party::~nng_party() { nng_close(socket_); }

void nng_party::count_pipe(nng_pipe, nng_pipe_ev what, void* self) {
    static_cast<nng_party*>(self)->pipes_ += what == NNG_PIPE_EV_ADD_POST ? 1 : -1;
}

std::string nng_party::listen(const std::string& url) {
    nng_listener listener;
    must(nng_listen(socket_, url.c_str(), &listener, 0), "nng listen");
    if (!url.starts_with("tcp://")) return url;
    nng_sockaddr where;
    must(nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &where), "nng address");
    return "tcp://127.0.0.1:" + std::to_string(ntohs(where.s_in.sa_port));
}

int nng_party::dial(const std::string& url) { return nng_dial(socket_, url.c_str(), nullptr, 0); }

int nng_party::send(std::string_view text) {
    // Not written to without NNG_FLAG_ALLOC.
    return nng_send(socket_, const_cast<char*>(text.data()), text.size(), 0);
}

std::string nng_party::receive() {
    char* bytes = nullptr;
    std::size_t size = 0;
    const int outcome = nng_recv(socket_, &bytes, &size, NNG_FLAG_ALLOC);
    if (outcome != 0) return nng_strerror(outcome);
    const std::string text(bytes, size);
    nng_free(bytes, size);
    return text;
}

int nng_party::subscribe(std::string_view prefix) {
    return nng_socket_set(socket_, NNG_OPT_SUB_SUBSCRIBE, prefix.data(), prefix.size());
}

int nng_party::set_milliseconds(const char* option, int value) {
    return nng_socket_set_ms(socket_, option, value);
}

bool nng_party::wait_for_pipes(int count) {
    using namespace std::chrono_literals;
    for (int i = 0; i < 10'000 && pipes_ != count; ++i) std::this_thread::sleep_for(1ms);
    return pipes_ == count;
}
