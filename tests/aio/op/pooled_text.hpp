#pragma once

#include <chrono>
#include <string>

#include "aio/op/multishot.hpp"
#include "aio/op/pooled.hpp"
#include "runtime/within.hpp"

inline std::string text_of(const lariat::pooled_buffer& buffer) {
    return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

using received = lariat::multishot<lariat::receive_pooled>;

/// Returns: what came, until there was none for a while.
inline lariat::task<std::string> all_that_comes(received& from) {
    std::string all;
    for (;;) {
        const auto part = co_await lariat::within(std::chrono::milliseconds(20), from.next());
        if (!part) co_return all;
        all += text_of(*part);
    }
}
