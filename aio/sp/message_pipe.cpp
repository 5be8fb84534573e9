#include "aio/sp/message_pipe.hpp"

#include <new>
#include <system_error>
#include <utility>

#include "aio/sp/memory_pauses.hpp"
#include "aio/stream.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"

namespace lariat {

message_pipe::message_pipe(any_stream stream, sp_mapping mapping, std::size_t longest) noexcept
    : stream_(std::move(stream)), mapping_(mapping), longest_(longest) {}

/// Returns: false without memory for them.
bool message_pipe::make_buffers() noexcept {
    try {
        if (!reader_) reader_.emplace(mapping_, longest_);
        if (!writer_) writer_.emplace(mapping_);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

task<result<void>> message_pipe::exchange_greetings(sp_protocol own) {
    const sp_greeting ours = greeting_of(own);
    sp_greeting theirs{};
    auto both = co_await when_all(write_all(stream_, ours), read_exactly(stream_, theirs));
    auto& [sent, received] = both;
    if (!received) co_return received.error();
    const auto fits = check_greeting(theirs, own);
    if (!fits) co_return fits.error();
    co_return sent.error();
}

task<result<void>> message_pipe::greet(sp_protocol own, duration limit) {
    result<void> greeted = no_memory();
    try {
        greeted = co_await within(limit, exchange_greetings(own));
        if (greeted && !make_buffers()) greeted = no_memory();
    } catch (const std::bad_alloc&) {
        greeted = no_memory();
    }
    if (!greeted) close();
    co_return greeted;
}

task<result<message>> message_pipe::receive() {
    message one;
    try {
        while (!next(one)) {
            const auto filled = co_await fill();
            if (!filled) co_return filled.error();
        }
    } catch (const std::bad_alloc&) {
        co_return no_memory();
    }
    co_return one;
}

task<result<void>> message_pipe::fill() {
    if (!make_buffers()) co_return no_memory();
    if (const auto broken = reader_->error()) {
        if (broken != no_memory()) close();
        co_return broken;
    }
    const auto room = reader_->room();
    transfer came(0);
    if (room.size() == 1)
        came = co_await stream_.receive(room[0]);
    else
        came = co_await stream_.receive_scattered(room);
    reader_->advance(came.count());
    if (came.count() != 0) co_return {};
    if (!came) co_return came.error();
    if (reader_->whole()) co_return error::end_of_stream;
    close();
    co_return error::torn;
}

task<result<void>> message_pipe::send(message& what) {
    if (!make_buffers()) co_return no_memory();
    writer_->clear();
    (void)writer_->add(what);
    result<void> sent = no_memory();
    try {
        sent = co_await flush();
    } catch (const std::bad_alloc&) {
        sent = no_memory();
    }
    if (sent) {
        what = {};
    } else {
        if (writer_->torn()) close();
        writer_->clear();
    }
    co_return sent;
}

/// Once it is destroyed while it waits, nobody knows how much has left.
class message_pipe::sending {
  public:
    explicit sending(message_pipe& pipe) noexcept : pipe_(&pipe) {}
    sending(const sending&) = delete;
    sending& operator=(const sending&) = delete;
    ~sending() {
        if (pipe_) pipe_->close();
    }

    void is_over() noexcept { pipe_ = nullptr; }

  private:
    message_pipe* pipe_;
};

task<result<void>> message_pipe::flush() {
    if (!writer_) co_return {};
    sending now(*this);
    try {
        while (!writer_->all_sent()) {
            const auto views = writer_->views();
            transfer went(0);
            if (views.size() == 1)
                went = co_await stream_.send(views[0]);
            else
                went = co_await stream_.send_gathered(views);
            writer_->advance(went.count());
            if (went || writer_->all_sent()) continue;
            now.is_over();
            if (writer_->torn() && went.error() != no_memory()) close();
            co_return went.error();
        }
    } catch (...) {
        now.is_over();
        throw;
    }
    now.is_over();
    co_return {};
}

}  // namespace lariat
