#pragma once

#include <array>
#include <chrono>
#include <ostream>
#include <span>
#include <string>
#include <tuple>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/transport/udp.hpp"
#include "runtime/within.hpp"

inline lariat::udp_socket open_udp(const lariat::address& where = lariat::address::loopback(0),
                                   lariat::udp_options options = {}) {
    return lariat::udp_socket::open(where, options).value();
}

inline lariat::task<> some_turns() {
    for (int i = 0; i < 10; ++i) std::ignore = co_await lariat::nop{};
}
