#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "runtime/task.hpp"

/// Returns: the reply, or what the error says.
inline lariat::task<std::string> ask(lariat::req_socket& by, std::string question) {
    auto reply = co_await by.request(lariat::message(question));
    co_return reply ? std::string(reply->text()) : reply.error().message();
}

/// Returns: none with an error.
inline lariat::task<std::optional<lariat::rep_request>> take_request(lariat::rep_socket& by) {
    auto asked = co_await by.receive();
    if (!asked) co_return std::nullopt;
    co_return *std::move(asked);
}

inline lariat::task<std::error_code> reply(lariat::rep_request& to, std::string_view with) {
    const auto sent = co_await to.reply(lariat::message(with));
    co_return sent.error();
}
