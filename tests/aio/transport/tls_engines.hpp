#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "aio/buffer.hpp"
#include "aio/transport/tls_engine.hpp"
#include "tests/aio/transport/tls_material.hpp"

// Engines without a transport: the test carries the bytes.

inline std::string output_of(lariat::tls_engine& engine) {
    std::string all;
    for (;;) {
        const auto part = engine.output();
        if (part.empty()) return all;
        all.append(reinterpret_cast<const char*>(part.data()), part.size());
        engine.sent(part.size());
    }
}

/// As much as there is room for. Returns: what is left.
inline std::string_view give_some(lariat::tls_engine& engine, std::string_view bytes) {
    const auto room = engine.room().value();
    const auto count = std::min(room.size(), bytes.size());
    if (count != 0) std::memcpy(room.data(), bytes.data(), count);
    engine.arrived(count);
    return bytes.substr(count);
}

/// Plain bytes, as text.
inline lariat::tls_step read_text(lariat::tls_engine& engine, std::string& into) {
    std::array<char, 20'000> room;
    const auto step = engine.read(room);
    into.append(room.data(), step.count);
    return step;
}

inline lariat::tls_step write_text(lariat::tls_engine& engine, std::string_view text) {
    return engine.write(text);
}

/// A client and a server, and what both have come to.
struct engine_pair {
    lariat::tls_engine client;
    lariat::tls_engine server;
    lariat::tls_step client_step = {};
    lariat::tls_step server_step = {};

    explicit engine_pair(const lariat::tls_context& client_rules = client_context(),
                         const lariat::tls_context& server_rules = server_context(),
                         std::string_view name = "server.test")
        : client(lariat::tls_engine::client(client_rules, name).value()),
          server(lariat::tls_engine::server(server_rules).value()) {}

    bool both_done() const { return done(client_step) && done(server_step); }
    static bool done(const lariat::tls_step& step) { return !step.error && !step.wants_input; }

    /// Carries bytes until both are done, or both can do no more; at most `most` at a time.
    void shake_hands(std::size_t most = SIZE_MAX) {
        std::string to_client, to_server;
        for (;;) {
            client_step = client.shake_hands();
            server_step = server.shake_hands();
            to_server += output_of(client);
            to_client += output_of(server);
            if (to_client.empty() && to_server.empty()) return;
            carry(to_client, client, most);
            carry(to_server, server, most);
        }
    }

  private:
    static void carry(std::string& bytes, lariat::tls_engine& to, std::size_t most) {
        const auto part = std::string_view(bytes).substr(0, most);
        const auto left = give_some(to, part);
        bytes.erase(0, part.size() - left.size());
    }
};
