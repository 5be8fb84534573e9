#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <nng/nng.h>

/// A socket of NNG. Whatever it does ends within ten seconds.
class nng_party {
  public:
    /// `open` is nng_push0_open or one of its like.
    explicit nng_party(int (*open)(nng_socket*));
    ~nng_party();
    nng_party(const nng_party&) = delete;
    nng_party& operator=(const nng_party&) = delete;

    /// Returns: what is dialed.
    std::string listen(const std::string& url);
    /// Returns: NNG's error; 0 on success.
    int dial(const std::string& url);

    int send(std::string_view text);
    /// Returns: what came, or NNG's word for why nothing did.
    std::string receive();
    int subscribe(std::string_view prefix);
    int set_milliseconds(const char* option, int value);

    /// Waits until it has so many peers; they come and go. Returns: whether that happened.
    bool wait_for_pipes(int count);

  private:
    static void count_pipe(nng_pipe, nng_pipe_ev what, void* self);

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
