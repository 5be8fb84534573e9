#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "bench/echo/board.hpp"
#include "bench/echo/servers.hpp"
#include "bench/raw/ring.hpp"

namespace bench {
namespace {

constexpr unsigned buffer_count = 4096;
constexpr unsigned buffer_size = 4096;

enum class kind : std::uint8_t { accept, receive, send, close };

/// What a completion is about, in the 64 bits that travel with it.
struct tag {
    kind what;
    unsigned slot;
    unsigned buffer = 0;

    std::uint64_t pack() const noexcept {
        return std::uint64_t{slot} << 32 | std::uint64_t{buffer} << 8 |
               static_cast<std::uint64_t>(what);
    }
    static tag unpack(std::uint64_t word) noexcept {
        return {static_cast<kind>(word & 0xff), static_cast<unsigned>(word >> 32),
                static_cast<unsigned>(word >> 8 & 0xffff)};
    }
};

/// Buffers that the kernel picks from when something has arrived.
class provided_buffers {
  public:
    explicit provided_buffers(io_uring* ring) : memory_(buffer_count * buffer_size) {
        const std::size_t size = buffer_count * sizeof(io_uring_buf);
        void* shared =
            mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED) throw std::bad_alloc();
        ring_ = static_cast<io_uring_buf_ring*>(shared);
        io_uring_buf_reg registration{};
        registration.ring_addr = reinterpret_cast<std::uintptr_t>(shared);
        registration.ring_entries = buffer_count;
        if (const int answer = io_uring_register_buf_ring(ring, &registration, 0); answer < 0)
            throw std::system_error(-answer, std::generic_category(), "io_uring_register_buf_ring");
        io_uring_buf_ring_init(ring_);
        for (unsigned i = 0; i < buffer_count; ++i) give_back(i);
        publish();
    }

    char* at(unsigned buffer) noexcept {
        return memory_.data() + std::size_t{buffer} * buffer_size;
    }

    void give_back(unsigned buffer) noexcept {
        io_uring_buf_ring_add(ring_, at(buffer), buffer_size, static_cast<std::uint16_t>(buffer),
                              io_uring_buf_ring_mask(buffer_count), given_++);
    }

    /// Once per turn is enough.
    void publish() noexcept {
        if (given_ > 0) io_uring_buf_ring_advance(ring_, given_);
        given_ = 0;
    }

  private:
    std::vector<char> memory_;
    io_uring_buf_ring* ring_ = nullptr;
    int given_ = 0;
};

/// What the kernel of 6.1 can do at best: multishot accept and receive, provided buffers, and
/// descriptors that only the ring knows.
class direct_server {
  public:
    explicit direct_server(int listener) : listener_(listener) {
        rlimit limit{};
        getrlimit(RLIMIT_NOFILE, &limit);
        const auto files = static_cast<unsigned>(std::min<rlim_t>(limit.rlim_cur, 16384));
        if (const int answer = io_uring_register_files_sparse(ring_.native(), files); answer < 0)
            throw std::system_error(-answer, std::generic_category(), "io_uring_register_files");
    }

    [[noreturn]] void run(echo_board& board) {
        accept();
        for (;;) {
            ring_.enter(1);
            ring_.reap([this](const io_uring_cqe& cqe) { dispatch(cqe); });
            buffers_.publish();
            board.tell(ring_.enters());
        }
    }

  private:
    void dispatch(const io_uring_cqe& cqe) {
        const tag about = tag::unpack(cqe.user_data);
        const bool more = cqe.flags & IORING_CQE_F_MORE;
        switch (about.what) {
            case kind::accept:
                if (cqe.res < 0) throw std::runtime_error("accept failed");
                receive(static_cast<unsigned>(cqe.res));
                if (!more) accept();
                break;
            case kind::receive:
                received(about.slot, cqe, more);
                break;
            case kind::send:
                // The load never has more on its way than a socket's buffer takes.
                buffers_.give_back(about.buffer);
                break;
            case kind::close:
                break;
        }
    }

    void accept() {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_multishot_accept_direct(sqe, listener_, nullptr, nullptr, 0);
        io_uring_sqe_set_data64(sqe, tag{kind::accept, 0}.pack());
    }

    void receive(unsigned slot) {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_recv_multishot(sqe, static_cast<int>(slot), nullptr, 0, 0);
        io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT);
        sqe->buf_group = 0;
        io_uring_sqe_set_data64(sqe, tag{kind::receive, slot}.pack());
    }

    void received(unsigned slot, const io_uring_cqe& cqe, bool more) {
        if (cqe.res > 0) {
            send(slot, cqe.flags >> IORING_CQE_BUFFER_SHIFT, static_cast<unsigned>(cqe.res));
            if (!more) receive(slot);
        } else if (cqe.res == -ENOBUFS) {
            receive(slot);
        } else {
            close(slot);
        }
    }

    void send(unsigned slot, unsigned buffer, unsigned length) {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_send(sqe, static_cast<int>(slot), buffers_.at(buffer), length,
                           MSG_NOSIGNAL | MSG_WAITALL);
        io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
        io_uring_sqe_set_data64(sqe, tag{kind::send, slot, buffer}.pack());
    }

    void close(unsigned slot) {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_close_direct(sqe, slot);
        io_uring_sqe_set_data64(sqe, tag{kind::close, slot}.pack());
    }

    raw::ring ring_{2048};
    provided_buffers buffers_{ring_.native()};
    const int listener_;
};

}  // namespace

void serve_direct(int listener, echo_board& board) { direct_server(listener).run(board); }

}  // namespace bench
