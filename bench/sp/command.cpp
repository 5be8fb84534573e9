#include "bench/sp/command.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "bench/echo/socket.hpp"
#include "bench/harness.hpp"
#include "bench/options.hpp"
#include "bench/sp/party.hpp"

namespace bench {

const sp_party& sp_party_of(std::string_view subject) {
    for (const sp_party* ours : {&lariat_party, &lariat_spinning_party})
        if (subject == ours->name) return *ours;
    if (subject != "nng") throw usage_error("sp: no subject \"" + std::string(subject) + "\"");
    if (!nng_party.name)
        throw unavailable("libnng was not there when this was built (Debian: libnng-dev)");
    return nng_party;
}

namespace {

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

void say_count(const sp_count& taken) {
    std::printf("%lu %.0f\n", taken.messages, taken.nanoseconds);
    std::fflush(stdout);
}

/// Who started both processes looks at what they have spent.
void say_began() { say("began"); }
void say_ended() { say("ended"); }

}  // namespace

int sp_command(const std::vector<std::string>& words) {
    if (words.size() != 6) throw usage_error("sp: ROLE SUBJECT URL SIZE MILLISECONDS CPU");
    pin_to(std::stoi(words[5]));
    const sp_party& who = sp_party_of(words[1]);
    const std::chrono::milliseconds measured(std::stol(words[4]));
    const sp_plan plan{.url = words[2],
                       .size = std::stoul(words[3]),
                       .warmup = measured / 4,
                       .measured = measured,
                       .began = say_began,
                       .ended = say_ended};
    const std::string& role = words[0];
    if (role == "receive")
        say_count(who.receive(plan, say));
    else if (role == "send")
        who.send(plan);
    else if (role == "echo")
        who.echo(plan, say);
    else if (role == "ask")
        say_count(who.ask(plan));
    else
        throw usage_error("sp: no role \"" + role + "\"");
    return 0;
}

}  // namespace bench
