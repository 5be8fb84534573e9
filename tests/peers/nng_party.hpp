#pragma once

#include <arpa/inet.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>

#include "tests/peers/nng_tls.hpp"

/// A socket of NNG. Whatever it does ends within ten seconds.
class nng_party {
  public:
    /// `open` is nng_push0_open or one of its like.
    explicit nng_party(int (*open)(nng_socket*)) {
        must(open(&socket_), "nng open");
        must(nng_socket_set_ms(socket_, NNG_OPT_SENDTIMEO, 10'000), "nng send timeout");
        must(nng_socket_set_ms(socket_, NNG_OPT_RECVTIMEO, 10'000), "nng receive timeout");
        must(nng_pipe_notify(socket_, NNG_PIPE_EV_ADD_POST, &count_pipe, this), "nng notify");
        must(nng_pipe_notify(socket_, NNG_PIPE_EV_REM_POST, &count_pipe, this), "nng notify");
    }
    ~nng_party() { nng_close(socket_); }
    nng_party(const nng_party&) = delete;
    nng_party& operator=(const nng_party&) = delete;

    /// Returns: what is dialed.
    std::string listen(const std::string& url) {
        nng_listener listener;
        must(nng_listener_create(&listener, socket_, url.c_str()), "nng listener");
        if (over_tls(url))
            must(nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, nng_tls_server()), "nng tls");
        must(nng_listener_start(listener, 0), "nng listen");
        const std::size_t host = url.find("127.0.0.1:");
        if (host == url.npos) return url;
        nng_sockaddr where;
        must(nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &where), "nng address");
        return url.substr(0, host) + "127.0.0.1:" + std::to_string(ntohs(where.s_in.sa_port));
    }

    /// Listens where another has, which NNG lets go of some time after it was closed.
    /// Returns: whether that happened.
    bool listen_again(const std::string& url) {
        using namespace std::chrono_literals;
        for (int i = 0; i < 10'000; ++i) {
            if (nng_listen(socket_, url.c_str(), nullptr, 0) == 0) return true;
            std::this_thread::sleep_for(1ms);
        }
        return false;
    }

    /// Returns: NNG's error; 0 on success.
    int dial(const std::string& url) {
        nng_dialer dialer;
        must(nng_dialer_create(&dialer, socket_, url.c_str()), "nng dialer");
        if (over_tls(url))
            must(nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, nng_tls_client()), "nng tls");
        const int outcome = nng_dialer_start(dialer, 0);
        if (outcome != 0) nng_dialer_close(dialer);
        return outcome;
    }

    int send(std::string_view text) {
        // Not written to without NNG_FLAG_ALLOC.
        return nng_send(socket_, const_cast<char*>(text.data()), text.size(), 0);
    }

    /// Returns: what came, or NNG's word for why nothing did.
    std::string receive() {
        char* bytes = nullptr;
        std::size_t size = 0;
        const int outcome = nng_recv(socket_, &bytes, &size, NNG_FLAG_ALLOC);
        if (outcome != 0) return nng_strerror(outcome);
        const std::string text(bytes, size);
        nng_free(bytes, size);
        return text;
    }

    int subscribe(std::string_view prefix) {
        return nng_socket_set(socket_, NNG_OPT_SUB_SUBSCRIBE, prefix.data(), prefix.size());
    }

    int set_milliseconds(const char* option, int value) {
        return nng_socket_set_ms(socket_, option, value);
    }

    /// Waits until it has so many peers; they come and go. Returns: whether that happened.
    bool wait_for_pipes(int count) {
        using namespace std::chrono_literals;
        for (int i = 0; i < 10'000 && pipes_ != count; ++i) std::this_thread::sleep_for(1ms);
        return pipes_ == count;
    }

  private:
    static bool over_tls(const std::string& url) { return url.starts_with("tls+tcp://"); }

    static void must(int outcome, const char* what) {
        if (outcome != 0)
            throw std::runtime_error(std::string(what) + ": " + nng_strerror(outcome));
    }

    static void count_pipe(nng_pipe, nng_pipe_ev what, void* self) {
        static_cast<nng_party*>(self)->pipes_ += what == NNG_PIPE_EV_ADD_POST ? 1 : -1;
    }

    nng_socket socket_;
    std::atomic<int> pipes_{0};
};

/// Something that blocks, on a thread of its own; joined at the latest when this ends.
class beside {
  public:
    beside() noexcept = default;
    template <class Body>
    explicit beside(Body body) : thread_(std::move(body)) {}
    ~beside() { join(); }

    template <class Body>
    void start(Body body) {
        thread_ = std::thread(std::move(body));
    }

    void join() {
        if (thread_.joinable()) thread_.join();
    }

  private:
    std::thread thread_;
};

/// How the two find one another.
struct meeting {
    std::string url;
    bool we_listen;

    friend std::ostream& operator<<(std::ostream& out, const meeting& how) {
        return out << how.url << (how.we_listen ? ", we listen" : ", NNG listens");
    }
};

/// NNG lets go of a name some time after it was closed: each is used once.
inline std::vector<meeting> meetings() {
    static int count = 0;
    std::vector<meeting> all{{"tcp://127.0.0.1:0", true}, {"tcp://127.0.0.1:0", false}};
    for (const bool we_listen : {true, false})
        if (tls_is_spoken()) all.push_back({"tls+tcp://127.0.0.1:0", we_listen});
    for (const char* const scheme : {"ipc:///tmp/", "abstract://"}) {
        for (const bool we_listen : {true, false}) {
            const std::string number = std::to_string(::getpid()) + "-" + std::to_string(++count);
            all.push_back({scheme + ("lariat-nng-" + number), we_listen});
        }
    }
    return all;
}

/// Lengths around every boundary, small ones in between.
inline std::vector<std::string> letters() {
    std::vector<std::string> all;
    for (std::size_t size = 0; size < 400'000; size = 2 * size + 1) {
        all.emplace_back(size, static_cast<char>('a' + all.size()));
        all.push_back("small " + std::to_string(size));
    }
    for (int i = 0; i < 1000; ++i) all.push_back(std::to_string(i));
    return all;
}
