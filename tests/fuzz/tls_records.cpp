#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aio/transport/tls_engine.hpp"
#include "tests/aio/transport/tls_engines.hpp"
#include "tests/fuzz/target.hpp"

namespace io = lariat;
using fuzz::expect;

namespace {

/// Instructions, taken one after the other until there are no more.
class script {
  public:
    explicit script(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    bool empty() const { return bytes_.empty(); }

    std::size_t next() {
        if (bytes_.empty()) return 0;
        const std::uint8_t first = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return first;
    }

    std::string take(std::size_t count) {
        const auto part = bytes_.first(std::min(count, bytes_.size()));
        bytes_ = bytes_.subspan(part.size());
        return {part.begin(), part.end()};
    }

  private:
    std::span<const std::uint8_t> bytes_;
};

/// One end of the connection, and what an application there would see.
class end {
  public:
    end(io::tls_engine engine, char letter) : engine_(std::move(engine)), letter_(letter) {}

    /// Bytes that have left, and not arrived.
    std::string wire;

    bool shaken() const { return shaken_; }
    bool failed() const { return static_cast<bool>(error_); }

    void arrive(std::string_view bytes) {
        do {
            bytes = give_some(engine_, bytes);
            work();
        } while (!bytes.empty());
    }

    /// The handshake, then whatever can be read.
    void work() {
        if (!shaken_) note(engine_.shake_hands(), shaken_);
        bool more = shaken_;
        while (more) {
            std::string part;
            const auto step = read_text(engine_, part);
            expect(step.wants_input || step.error || step.count == part.size(), "a wrong count");
            heard_ += part;
            more = step.count != 0;
            if (step.error) note(step, more);
        }
        wire += output_of(engine_);
        expect(!engine_.has_output(), "what was sent is still there");
    }

    void act(std::size_t what) {
        switch (what % 4) {
            case 0:
                say(what);
                break;
            case 1:
                (void)engine_.update_keys();
                break;
            case 2:
                ended_ = !engine_.end().error || ended_;
                break;
            default:
                break;
        }
        wire += output_of(engine_);
    }

    /// Nothing is ever heard that the other has not said, in its order and from its first byte on.
    void compare_with(const end& other) const {
        expect(other.said_.starts_with(heard_), "the fuzzer got something through");
    }
    bool heard_all_of(const end& other) const { return heard_ == other.said_; }

    /// From here on nothing was said or heard.
    void forget() {
        said_.clear();
        heard_.clear();
    }

  private:
    void say(std::size_t seed) {
        if (!shaken_ || ended_) return;
        const std::string text(seed * seed % 5000,
                               static_cast<char>(letter_ + static_cast<int>(seed % 26)));
        const auto step = write_text(engine_, text);
        said_ += text.substr(0, step.count);
    }

    void note(const io::tls_step& step, bool& done) {
        done = !step.error && !step.wants_input;
        expect(!error_ || step.error == error_, "an error changed");
        error_ = step.error;
    }

    io::tls_engine engine_;
    const char letter_;
    std::string said_;
    std::string heard_;
    std::error_code error_;
    bool shaken_ = false;
    bool ended_ = false;
};

void carry(end& from, end& to, std::size_t count) {
    const std::string part = from.wire.substr(0, count);
    from.wire.erase(0, part.size());
    to.arrive(part);
}

/// What is on its way both ways arrives.
void carry_all(end& client, end& server) {
    while (!client.wire.empty() || !server.wire.empty()) {
        carry(client, server, client.wire.size());
        carry(server, client, server.wire.size());
    }
}

/// Two who have shaken hands, and have said so much that they need no more memory.
struct conversation {
    end client{io::tls_engine::client(client_context(), "server.test").value(), 'a'};
    end server{io::tls_engine::server(server_context()).value(), 'A'};

    conversation() {
        client.work();
        carry_all(client, server);
        for (int round = 0; round < 4; ++round) {
            for (end* each : {&client, &server}) each->act(4 * 70);
            carry_all(client, server);
        }
        expect(client.shaken() && server.shaken(), "a handshake failed that nobody touched");
        forget();
    }
    void forget() {
        client.forget();
        server.forget();
    }
};

/// Returns: whether the bytes on the wire are other ones now.
bool tamper(std::string& wire, std::size_t how, script& rest) {
    const std::size_t place = rest.next() * 7;
    switch (how % 4) {
        case 0:
            if (place >= wire.size()) return false;
            wire[place] = static_cast<char>(wire[place] ^ (1 << rest.next() % 8));
            return true;
        case 1: {
            const auto gone = std::min(wire.size(), rest.next() + 1);
            wire.erase(0, gone);
            return gone != 0;
        }
        case 2: {
            const std::string foreign = rest.take(rest.next() % 64);
            wire.insert(std::min(place, wire.size()), foreign);
            return !foreign.empty();
        }
        default: {
            const std::string again = wire.substr(0, rest.next() * 3);
            wire.insert(0, again);
            return !again.empty();
        }
    }
}

}  // namespace

/// A client and a server shake hands and talk, and the input says how: what is carried when, in
/// which pieces; what is mangled, dropped, repeated or put in between; who says what. Nothing false
/// may get through, an error stays, and what was only split arrives whole.
void fuzz_tls_records(std::span<const std::uint8_t> input) {
    static const io::tls_context client_rules = client_context();
    static const io::tls_context server_rules = server_context();
    end client(io::tls_engine::client(client_rules, "server.test").value(), 'a');
    end server(io::tls_engine::server(server_rules).value(), 'A');
    bool touched = false;
    script steps(input);
    client.work();
    while (!steps.empty()) {
        const std::size_t step = steps.next();
        end& here = step & 1 ? client : server;
        end& there = step & 1 ? server : client;
        switch (step >> 1 & 7) {
            case 0:
                touched = tamper(here.wire, step >> 4, steps) || touched;
                break;
            case 1:
            case 2:
                here.act(steps.next());
                break;
            case 3:
                carry(here, there, steps.next() + 1);
                break;
            default:
                carry(here, there, here.wire.size());
        }
    }
    carry_all(client, server);

    client.compare_with(server);
    server.compare_with(client);
    if (touched) return;
    expect(client.shaken() && server.shaken(), "a handshake failed that nobody touched");
    expect(client.heard_all_of(server) && server.heard_all_of(client), "something was lost");
}

/// The same two talk on and on, over all inputs, and each says how: who says how much, who changes
/// keys, and into which pieces their records are cut on the way. Whatever was said is heard.
void fuzz_tls_splits(std::span<const std::uint8_t> input) {
    static std::optional<conversation> talk;
    if (!talk) talk.emplace();
    conversation& both = *talk;
    script steps(input.first(std::min<std::size_t>(input.size(), 16)));
    while (!steps.empty()) {
        const std::size_t step = steps.next();
        end& here = step & 1 ? both.client : both.server;
        end& there = step & 1 ? both.server : both.client;
        switch (step >> 1 & 3) {
            case 0:
                here.act(4 * (steps.next() % 64));
                break;
            case 1:
                if (step >> 3 == 0) here.act(1);  // New keys, now and then.
                break;
            case 2:
                carry(here, there, steps.next() + 1);
                break;
            default:
                carry(here, there, here.wire.size());
        }
    }
    carry_all(both.client, both.server);

    const bool failed = both.client.failed() || both.server.failed();
    const bool heard_all =
        both.client.heard_all_of(both.server) && both.server.heard_all_of(both.client);
    both.forget();
    // The next input begins anew.
    if (failed || !heard_all) talk.reset();
    expect(!failed, "what was only split is an error");
    expect(heard_all, "something was lost");
}
