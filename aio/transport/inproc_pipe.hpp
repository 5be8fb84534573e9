#pragma once

#include <cstddef>
#include <memory>
#include <mutex>

#include "aio/aio_list.hpp"
#include "aio/transport/inproc.hpp"

namespace lariat {

/// Waits that are over. They are finished when no lock is held: a finish may wake another thread.
class inproc_finished {
  public:
    inproc_finished() noexcept = default;
    inproc_finished(const inproc_finished&) = delete;
    inproc_finished& operator=(const inproc_finished&) = delete;
    ~inproc_finished();

    void add(inproc_wait& wait) noexcept { list_.push_back(wait); }

  private:
    aio_list list_;
};

/// One direction of a connection: bytes on their way, and who waits at either end.
/// Threads: all under the connection's lock.
class inproc_pipe {
  public:
    explicit inproc_pipe(std::size_t capacity) noexcept : capacity_(capacity) {}

    /// Ends the wait now if it can, and then others that wait for that; else it is deferred.
    void receive(inproc_wait& wait, inproc_finished& over) noexcept;
    void send(inproc_wait& wait, inproc_finished& over) noexcept;

    /// No more bytes come: what is left is received, then comes the end.
    void end(inproc_finished& over) noexcept;
    /// Nobody will receive: what is left is lost, and sends fail.
    void break_off(inproc_finished& over) noexcept;

  private:
    using attempt = bool (inproc_pipe::*)(inproc_wait&) noexcept;

    void begin(inproc_wait& wait, aio_list& waiting, attempt now, inproc_finished& over) noexcept;
    bool serve(aio_list& waiting, attempt now, inproc_finished& over) noexcept;
    void pump(inproc_finished& over) noexcept;

    /// Returns: whether the wait is over.
    bool try_receive(inproc_wait& wait) noexcept;
    bool try_send(inproc_wait& wait) noexcept;

    void put(const std::byte* from, std::size_t count) noexcept;
    void get(std::byte* to, std::size_t count) noexcept;

    const std::size_t capacity_;
    std::unique_ptr<std::byte[]> bytes_;  // Made by the first send.
    std::size_t first_ = 0;
    std::size_t size_ = 0;
    bool ended_ = false;
    bool broken_ = false;
    aio_list receiving_;
    aio_list sending_;
};

/// What both ends share.
struct inproc_connection {
    explicit inproc_connection(std::size_t capacity) noexcept
        : pipes{inproc_pipe(capacity), inproc_pipe(capacity)} {}

    std::mutex guard;
    inproc_pipe pipes[2];
};

/// One end. It stays until its own operations have ended, and with it the connection.
class inproc_end final : public lasting_group {
  public:
    /// Connected to nothing, and closed.
    inproc_end() noexcept { close(); }
    inproc_end(std::shared_ptr<inproc_connection> connection, int side) noexcept
        : connection_(std::move(connection)), side_(side) {}

    static inproc_stream stream_of(std::shared_ptr<inproc_connection> connection, int side) {
        return inproc_stream(
            lasting_owner<lasting_group>(new inproc_end(std::move(connection), side)));
    }

    void start(inproc_wait& wait) noexcept;

    /// Ends what is pending at this end, and tells the other.
    void shut() noexcept;

  private:
    static void give_up(aio& wait, void* self, std::error_code reason) noexcept;

    inproc_pipe& in() noexcept { return connection_->pipes[1 - side_]; }
    inproc_pipe& out() noexcept { return connection_->pipes[side_]; }

    friend class inproc_pipe;

    std::shared_ptr<inproc_connection> connection_;
    int side_ = 0;
};

}  // namespace lariat
