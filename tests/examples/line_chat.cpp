// `line_chat LISTEN` lets guests talk: the first line of each is a name, every other is told to
// all. `line_chat LISTEN CHAT` is a door to a chat elsewhere: it passes on lines both ways. Without
// arguments it opens a chat and a door to it, and two guests talk.
#include <chrono>
#include <cstddef>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "aio/stream/buffered_reader.hpp"
#include "aio/stream/relay.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/channel.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// A guest who does not read misses lines, and keeps nobody waiting.
struct guest {
    std::string name;
    io::channel<std::string> told{64};
};

class room {
  public:
    void enter(guest& who) {
        guests_.push_back(&who);
        tell_others(who, "is here");
        who.told.try_send("welcome\n");
    }
    void leave(guest& who) {
        std::erase(guests_, &who);
        tell_others(who, "has left");
    }
    void tell_others(const guest& who, std::string_view what) {
        const std::string line = who.name + ' ' + std::string(what) + '\n';
        for (guest* each : guests_)
            if (each != &who) each->told.try_send(std::string(line));
    }

  private:
    std::vector<guest*> guests_;
};

using line_reader = io::buffered_reader<io::tcp_stream&>;

io::task<> hear(line_reader& lines, guest& who, room& all) {
    for (;;) {
        const auto line = co_await lines.read_line(1024);
        if (!line) co_return;  // gone, or it talks too much at once
        all.tell_others(who, "says: " + std::string(*line));
    }
}

io::task<> tell(io::tcp_stream& peer, guest& who) {
    for (;;) {
        const auto line = co_await who.told.receive();
        if (!line || !co_await io::write_all(peer, *line)) co_return;
    }
}

io::task<> welcome(io::tcp_stream peer, room& all) {
    line_reader lines(peer);
    const auto name = co_await io::within(1min, lines.read_line(32));
    if (!name) co_return;
    guest who{std::string(*name)};
    all.enter(who);
    (void)co_await io::when_any(hear(lines, who, all), tell(peer, who));
    all.leave(who);
}

io::task<io::result<void>> chat(io::tcp_listener door) {
    room all;
    io::task_scope guests;
    for (;;) {
        auto peer = co_await door.accept();
        if (!peer) co_return peer.error();
        guests.spawn(welcome, *std::move(peer), std::ref(all));
    }
}

io::task<> pass_on(io::tcp_stream peer, io::address where) {
    auto elsewhere = co_await io::within(5s, io::connect_tcp(where));
    if (!elsewhere) co_return;
    const auto passed = co_await io::relay(peer, *elsewhere);
    std::cout << passed.forward.count() << " bytes went in, " << passed.backward.count()
              << " came out\n";
}

io::task<io::result<void>> side_door(io::tcp_listener door, io::address where) {
    io::task_scope guests;
    for (;;) {
        auto peer = co_await door.accept();
        if (!peer) co_return peer.error();
        guests.spawn(pass_on, *std::move(peer), where);
    }
}

// What the test runs: Anna hears what Ben says, who came by the side door.
io::task<io::result<std::string>> two_guests(io::address chat_address, io::address door_address) {
    auto anna = co_await io::or_return(co_await io::connect_tcp(chat_address));
    auto ben = co_await io::or_return(co_await io::connect_tcp(door_address));
    line_reader heard(anna);
    co_await io::or_return(co_await io::write_all(anna, "Anna\n"));
    std::string all(co_await io::or_return(co_await heard.read_line(1024)));
    co_await io::or_return(co_await io::write_all(ben, "Ben\r\ngood evening\r\n"));
    while (!all.ends_with("evening")) {
        const auto line = co_await io::or_return(co_await heard.read_line(1024));
        all.append(", ").append(line);
    }
    co_return all;
}

io::task<io::result<std::string>> try_it() {
    auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    auto side = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    const auto where = co_await io::or_return(door.local_address());
    const auto side_address = co_await io::or_return(side.local_address());
    auto ended = co_await io::when_any(two_guests(where, side_address), chat(std::move(door)),
                                       side_door(std::move(side), where));
    co_return ended.get<0>();
}

int failed(std::string_view what, std::error_code why) {
    std::cerr << "line_chat: " << what << ": " << why.message() << '\n';
    return 1;
}

}  // namespace

int main(int count, char** words) {
    if (count < 2) {
        const auto heard = io::run(try_it());
        if (!heard) return failed("the test", heard.error());
        std::cout << "Anna heard: " << *heard << '\n';
        return heard->ends_with("Ben says: good evening") ? 0 : 1;
    }
    const auto where = io::address::parse(words[1]);
    if (!where) return failed(words[1], where.error());
    auto door = io::tcp_listener::open(*where);
    if (!door) return failed("cannot listen", door.error());
    if (count == 2) return failed("stopped", io::run(chat(*std::move(door))).error());
    const auto elsewhere = io::address::parse(words[2]);
    if (!elsewhere) return failed(words[2], elsewhere.error());
    return failed("stopped", io::run(side_door(*std::move(door), *elsewhere)).error());
}
