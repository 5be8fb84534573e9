#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "aio/stream.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "aio/testing/stream_pair.hpp"
#include "aio/transport/tls.hpp"
#include "tests/aio/held_streams.hpp"
#include "tests/aio/transport/tls_material.hpp"

// TLS over two streams that are connected in memory: no kernel, and a clock that is moved by hand.

using memory_tls = lariat::tls_stream<held::plain_stream>;
using made_tls = lariat::result<memory_tls>;

inline lariat::task<made_tls> connecting(lariat::testing::memory_stream& below,
                                         const lariat::tls_context& context,
                                         std::string_view name = "server.test") {
    return lariat::tls_connect(held::plain_stream(below), context, {.server_name = name});
}

inline lariat::task<made_tls> accepting(lariat::testing::memory_stream& below,
                                        const lariat::tls_context& context,
                                        const lariat::tls_accept_options& options = {}) {
    return lariat::tls_accept(held::plain_stream(below), context, options);
}

/// Both ends of a connection that has been made.
struct tls_pair {
    explicit tls_pair(lariat::testing::manual_home& at, lariat::testing::stream_pair& below,
                      const lariat::tls_context& client_rules = client_context(),
                      const lariat::tls_context& server_rules = server_context()) {
        lariat::testing::running connects(at, connecting(below.left(), client_rules));
        lariat::testing::running accepts(at, accepting(below.right(), server_rules));
        at.run_until_idle();
        client = connects.take().value();
        server = accepts.take().value();
    }

    memory_tls client;
    memory_tls server;
};

/// A coroutine that receives once, into memory of its own.
inline lariat::task<lariat::result<std::string>> receive_text(memory_tls& from,
                                                              std::size_t most = 1000) {
    std::string text(most, '\0');
    const auto got = co_await from.receive(text);
    if (!got) co_return got.error();
    text.resize(*got);
    co_return text;
}

inline lariat::task<lariat::transfer> send_text(memory_tls& to, std::string_view text) {
    const auto sent = co_await to.send(text);
    co_return sent;
}

inline lariat::task<lariat::transfer> send_all(memory_tls& to, std::string_view text) {
    const auto sent = co_await lariat::write_all(to, text);
    co_return sent;
}

/// Until the peer is done. Returns: what came, and how it ended.
struct received_all {
    std::string text;
    std::error_code error;
};
inline lariat::task<received_all> receive_all(memory_tls& from) {
    received_all all;
    std::string part(5000, '\0');
    for (;;) {
        const auto got = co_await from.receive(part);
        all.error = got.error();
        if (!got || *got == 0) co_return all;
        all.text.append(part, 0, *got);
    }
}

inline lariat::task<lariat::result<void>> end_sending(memory_tls& of) {
    const auto ended = co_await of.shutdown(lariat::direction::send);
    co_return ended;
}
