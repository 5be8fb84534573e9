#include "aio/transport/inproc.hpp"

#include <deque>
#include <functional>
#include <map>
#include <mutex>

#include "aio/aio_list.hpp"
#include "aio/transport/inproc_pipe.hpp"
#include "aio/url.hpp"
#include "runtime/check.hpp"
#include "runtime/wait_report.hpp"

namespace lariat {

inproc_wait::inproc_wait(inproc_end& end, const stream_request& request) noexcept
    : end_(end), member_(end, *this) {
    copy_words(request_, request);
    observed(true);
}

bool inproc_wait::launch() noexcept {
    if (!member_.enter()) return refuse(member_.refusal());
    if (begin_on_strand()) end_.start(*this);
    return end_launch();
}

void inproc_wait::describe(wait_report& report) const {
    static constexpr const char* names[] = {"receive", "send", "receive_scattered", "send_gathered",
                                            "shutdown"};
    aio::describe(report);
    report.name = names[static_cast<std::size_t>(request_.what)];
    report.provider = "inproc";
}

inproc_end& inproc_stream::end() const noexcept {
    thread_local inproc_end of_nothing;
    return end_ ? static_cast<inproc_end&>(*end_) : of_nothing;
}

void inproc_stream::close() noexcept { end().shut(); }

result<address> inproc_stream::local_address() const noexcept {
    if (!is_open()) return std::make_error_code(std::errc::bad_file_descriptor);
    return address();
}

std::pair<inproc_stream, inproc_stream> make_inproc_pair(inproc_options options) {
    check(options.capacity != 0, "inproc: a capacity of 0 would let nothing through");
    auto connection = std::make_shared<inproc_connection>(options.capacity);
    auto one = inproc_end::stream_of(connection, 0);
    return {std::move(one), inproc_end::stream_of(std::move(connection), 1)};
}

/// Where those who dial and those who accept meet, on any threads.
class inproc_door {
  public:
    inproc_door(std::string_view name, const inproc_listen_options& options)
        : name_(name), options_(options) {}

    const std::string& name() const noexcept { return name_; }
    inproc_options connections() const noexcept { return options_.connections; }

    bool closed() {
        const std::scoped_lock lock(guard_);
        return closed_;
    }

    /// The provider's side of either wait.
    void meet(inproc_meeting& one) noexcept;
    void close() noexcept;

  private:
    static void give_up(aio& meeting, void* self, std::error_code reason) noexcept;

    inproc_meeting* oldest(aio_list& waiting) noexcept;
    std::error_code put_in_line(inproc_meeting& dial) noexcept;
    void wait_in(aio_list& waiting, inproc_meeting& one) noexcept;

    const std::string name_;
    const inproc_listen_options options_;
    std::mutex guard_;
    std::deque<inproc_stream> line_;  // Who has dialed and was not accepted yet.
    aio_list accepting_;              // Only while nobody is in line.
    aio_list dialing_;                // Only while there is no room in the line.
    bool closed_ = false;
};

namespace {

std::error_code refused() noexcept { return std::make_error_code(std::errc::connection_refused); }

/// The names that are listened on in this process.
class name_table {
  public:
    static name_table& instance() {
        static name_table all;
        return all;
    }

    /// Returns: whether the name was free.
    bool add(std::shared_ptr<inproc_door> door) {
        const std::scoped_lock lock(guard_);
        return doors_.try_emplace(door->name(), door).second;
    }

    void remove(const inproc_door& door) {
        const std::scoped_lock lock(guard_);
        doors_.erase(door.name());
    }

    std::shared_ptr<inproc_door> find(std::string_view name) {
        const std::scoped_lock lock(guard_);
        const auto found = doors_.find(name);
        return found == doors_.end() ? nullptr : found->second;
    }

  private:
    std::mutex guard_;
    std::map<std::string, std::shared_ptr<inproc_door>, std::less<>> doors_;
};

std::error_code fault_of(std::string_view name) noexcept {
    if (name.empty()) return std::make_error_code(std::errc::invalid_argument);
    if (name.size() > inproc_listener::longest_name)
        return std::make_error_code(std::errc::filename_too_long);
    return {};
}

}  // namespace

void inproc_door::meet(inproc_meeting& one) noexcept {
    inproc_meeting* other = nullptr;
    std::error_code why, why_of_other;
    {
        const std::scoped_lock lock(guard_);
        if (closed_) {
            why = one.dials_ ? refused() : make_error_code(error::closed);
        } else if (one.dials_) {
            other = oldest(accepting_);
            if (other)
                other->stream_ = std::move(one.stream_);
            else if (line_.size() < options_.backlog)
                why = put_in_line(one);
            else
                return wait_in(dialing_, one);
        } else {
            if (line_.empty()) return wait_in(accepting_, one);
            one.stream_ = std::move(line_.front());
            line_.pop_front();
            other = oldest(dialing_);
            if (other) why_of_other = put_in_line(*other);
        }
    }
    one.finish(why);
    if (other) other->finish(why_of_other);
}

inproc_meeting* inproc_door::oldest(aio_list& waiting) noexcept {
    auto* const first = static_cast<inproc_meeting*>(waiting.pop_front());
    if (first) first->waiting_ = false;
    return first;
}

std::error_code inproc_door::put_in_line(inproc_meeting& dial) noexcept {
    try {
        line_.push_back(std::move(dial.stream_));
        return {};
    } catch (const std::bad_alloc&) {
        return std::make_error_code(std::errc::not_enough_memory);
    }
}

void inproc_door::wait_in(aio_list& waiting, inproc_meeting& one) noexcept {
    if (!one.defer(&give_up, this)) return;
    one.waiting_ = true;
    waiting.push_back(one);
}

void inproc_door::give_up(aio& operation, void* self, std::error_code reason) noexcept {
    auto& one = static_cast<inproc_meeting&>(operation);
    {
        const std::scoped_lock lock(static_cast<inproc_door*>(self)->guard_);
        if (!std::exchange(one.waiting_, false)) return;
        aio_list::remove(one);
    }
    one.finish(reason);
}

void inproc_door::close() noexcept {
    std::deque<inproc_stream> dropped;  // Without a lock: who is connected to them is told.
    for (;;) {
        inproc_meeting* one = nullptr;
        {
            const std::scoped_lock lock(guard_);
            if (!closed_) dropped.swap(line_);
            closed_ = true;
            one = oldest(accepting_);
            if (!one) one = oldest(dialing_);
        }
        if (!one) return;
        one->finish(one->dials_ ? refused() : make_error_code(error::closed));
    }
}

inproc_meeting::inproc_meeting(std::shared_ptr<inproc_door> door, inproc_stream given) noexcept
    : door_(std::move(door)), stream_(std::move(given)), dials_(stream_.is_open()) {}

void inproc_meeting::start() noexcept { door_->meet(*this); }

void inproc_meeting::describe(wait_report& report) const {
    aio::describe(report);
    report.name = dials_ ? "connect" : "accept";
    report.provider = "inproc";
}

namespace {

task<result<inproc_stream>> accept_at(std::shared_ptr<inproc_door> door) {
    if (!door) co_return error::closed;
    inproc_meeting peer(std::move(door), {});
    co_return co_await peer;
}

}  // namespace

result<inproc_listener> inproc_listener::open(std::string_view name,
                                              inproc_listen_options options) {
    check(options.backlog != 0, "inproc: a backlog of 0 would let nobody in");
    if (const auto why = fault_of(name)) return why;
    auto door = std::make_shared<inproc_door>(name, options);
    if (!name_table::instance().add(door)) return std::make_error_code(std::errc::address_in_use);
    return inproc_listener(std::move(door));
}

task<result<inproc_stream>> inproc_listener::accept() { return accept_at(door_); }

void inproc_listener::close() noexcept {
    if (!is_open()) return;
    name_table::instance().remove(*door_);
    door_->close();
}

bool inproc_listener::is_open() const noexcept { return door_ && !door_->closed(); }

result<address> inproc_listener::local_address() const noexcept {
    if (!is_open()) return std::make_error_code(std::errc::bad_file_descriptor);
    return address();
}

std::string inproc_listener::url() const {
    return is_open() ? "inproc://" + url::encoded(door_->name()) : std::string();
}

task<result<inproc_stream>> connect_inproc(std::string name) {
    if (const auto why = fault_of(name)) co_return why;
    auto door = name_table::instance().find(name);
    if (!door) co_return refused();
    auto ends = make_inproc_pair(door->connections());
    inproc_meeting meeting(std::move(door), std::move(ends.second));
    const auto met = co_await meeting;
    if (!met) co_return met.error();
    co_return std::move(ends.first);
}

}  // namespace lariat
