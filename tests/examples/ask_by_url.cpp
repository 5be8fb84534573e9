// Questions and answers over a URL: tcp, ipc or inproc, in one program or two, in any language that
// NNG speaks. `ask_by_url serve tcp://127.0.0.1:7000` answers, `ask_by_url ask
// tcp://127.0.0.1:7000` asks; without arguments one program does both.
#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>

#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Answers one question after the other; several such tasks on one socket answer side by side.
io::task<> answer(io::rep_socket& door) {
    for (;;) {
        auto asked = co_await door.receive();
        if (!asked) co_return;  // closed, cancelled or stopping
        const std::string text = "you said " + std::string(asked->what.text());
        const auto sent = co_await asked->reply(io::message(text));
        if (!sent) co_return;
    }
}

io::task<io::result<std::string>> ask(io::req_socket& server, std::string_view question) {
    const auto reply =
        co_await io::or_return(co_await io::within(5s, server.request(io::message(question))));
    co_return std::string(reply.text());
}

io::task<io::result<void>> serve(std::string url) {
    io::rep_socket door;
    std::cout << "listening on " << co_await io::or_return(co_await door.listen(url)) << std::endl;
    io::task_scope answering;
    for (int i = 0; i < 4; ++i) answering.spawn(answer, std::ref(door));
    co_await answering.join();
    co_return {};
}

io::task<io::result<void>> ask_twice(std::string url) {
    io::req_socket server;
    // Dialed again whenever the connection is lost; a question without an answer is asked again.
    co_await io::or_return(server.keep_dialing(url));
    auto both = co_await io::when_all(ask(server, "hello"), ask(server, "goodbye"));
    auto& [hello, goodbye] = both;
    if (!hello) co_return hello.error();
    if (!goodbye) co_return goodbye.error();
    std::cout << *hello << "\n" << *goodbye << "\n";
    co_return {};
}

/// Both in one program: the socket that answers is closed when all has been asked.
io::task<io::result<void>> try_it() {
    io::rep_socket door;
    const auto url = co_await io::or_return(co_await door.listen("tcp://127.0.0.1:0"));
    io::task_scope answering;
    answering.spawn(answer, std::ref(door));
    const auto asked = co_await ask_twice(url);
    co_await door.stop();
    co_await answering.join();
    co_return asked;
}

}  // namespace

int main(int count, char** words) {
    const std::string_view role = count == 3 ? words[1] : "";
    const auto outcome = io::run(role == "serve" ? serve(words[2])
                                 : role == "ask" ? ask_twice(words[2])
                                                 : try_it());
    if (outcome) return 0;
    std::cerr << outcome.error().message() << '\n';
    return 1;
}
