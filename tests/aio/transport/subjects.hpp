#pragma once

#include <unistd.h>

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "aio/dial.hpp"
#include "aio/testing/transport_suite.hpp"
#include "aio/transport/inproc.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/unix.hpp"
#include "tests/aio/op/scratch.hpp"

// The transports of the library, for the suite.

namespace subjects {

using lariat::result;
using lariat::task;

/// A name that no other has.
inline std::string fresh_name() {
    static std::atomic<int> count = 0;
    return "lariat-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

template <auto Where>
class tcp {
  public:
    static constexpr lariat::testing::transport_traits traits{.listens = true,
                                                              .ends = true,
                                                              .half_close = true,
                                                              .resets = true,
                                                              .descriptors = true,
                                                              .refuses = true,
                                                              .black_hole = true,
                                                              .takes_names = true,
                                                              .long_names = false,
                                                              .outlived = true};

    task<result<lariat::tcp_listener>> listen() { co_return lariat::tcp_listener::open(Where(0)); }
    task<result<lariat::tcp_listener>> listen_narrow() {
        co_return lariat::tcp_listener::open(Where(0), {.backlog = 0});
    }
    task<result<lariat::tcp_listener>> listen_again(lariat::tcp_listener& at) {
        co_return lariat::tcp_listener::open(*at.local_address());
    }
    task<result<lariat::tcp_stream>> dial(lariat::tcp_listener& to) {
        const auto where = to.local_address();
        return lariat::connect_tcp(where ? *where : closed_);
    }
    task<result<lariat::tcp_stream>> dial_nobody() {
        auto door = *lariat::tcp_listener::open(Where(0));
        closed_ = *door.local_address();
        return lariat::connect_tcp(closed_);
    }
    void reset(lariat::tcp_stream& which) {
        (void)which.set_linger(std::chrono::seconds(0));
        which.close();
    }

  private:
    // A port that nobody has: 0 is refused as well.
    lariat::address closed_ = Where(1);
};

using tcp_v4 = tcp<&lariat::address::loopback>;
using tcp_v6 = tcp<&lariat::address::loopback_v6>;

/// What the two kinds of names of unix domain sockets have in common.
class unix_domain {
  public:
    task<result<lariat::unix_stream>> dial(lariat::unix_listener& to) {
        const auto where = to.local_address();
        return lariat::connect_unix(where ? *where : closed_);
    }

    task<result<lariat::unix_listener>> listen_again(lariat::unix_listener& at) {
        co_return lariat::unix_listener::open(*at.local_address());
    }

  protected:
    // A peer is told of a reset only if it had sent what was not received.
    static constexpr lariat::testing::transport_traits what_it_can{.listens = true,
                                                                   .ends = true,
                                                                   .half_close = true,
                                                                   .resets = false,
                                                                   .descriptors = true,
                                                                   .refuses = true,
                                                                   .black_hole = true,
                                                                   .takes_names = true,
                                                                   .long_names = true,
                                                                   .outlived = true};

    lariat::address closed_ = *lariat::address::unix_abstract(fresh_name());
};

class unix_path : public unix_domain {
  public:
    static constexpr auto traits = what_it_can;

    task<result<lariat::unix_listener>> listen() { co_return open({}); }
    task<result<lariat::unix_listener>> listen_narrow() { co_return open({.backlog = 0}); }
    task<result<lariat::unix_listener>> listen_too_long() {
        const auto where = lariat::address::unix_path(std::string(109, 'x'));
        if (!where) co_return where.error();
        co_return lariat::unix_listener::open(*where);
    }
    task<result<lariat::unix_stream>> dial_nobody() {
        auto door = *open({.remove_file = false});
        const auto where = *door.local_address();
        return lariat::connect_unix(where);
    }

  private:
    result<lariat::unix_listener> open(lariat::unix_listen_options options) {
        const auto path = directory_.path() / fresh_name();
        return lariat::unix_listener::open(*lariat::address::unix_path(path.native()), options);
    }

    scratch directory_;
};

class unix_abstract : public unix_domain {
  public:
    static constexpr auto traits = what_it_can;

    task<result<lariat::unix_listener>> listen() { co_return open(fresh_name()); }
    task<result<lariat::unix_listener>> listen_narrow() {
        co_return open(fresh_name(), {.backlog = 0});
    }
    task<result<lariat::unix_listener>> listen_too_long() { co_return open(std::string(108, 'x')); }
    task<result<lariat::unix_stream>> dial_nobody() { return lariat::connect_unix(closed_); }

  private:
    static result<lariat::unix_listener> open(const std::string& name,
                                              lariat::unix_listen_options options = {}) {
        const auto where = lariat::address::unix_abstract(name);
        if (!where) return where.error();
        return lariat::unix_listener::open(*where, options);
    }
};

class inproc {
  public:
    // Without a kernel there is neither a reset nor a descriptor.
    static constexpr lariat::testing::transport_traits traits{.listens = true,
                                                              .ends = true,
                                                              .half_close = true,
                                                              .resets = false,
                                                              .descriptors = false,
                                                              .refuses = true,
                                                              .black_hole = true,
                                                              .takes_names = true,
                                                              .long_names = true,
                                                              .outlived = true};

    task<result<lariat::inproc_listener>> listen() { co_return open({}); }
    task<result<lariat::inproc_listener>> listen_narrow() { co_return open({.backlog = 1}); }
    task<result<lariat::inproc_listener>> listen_again(lariat::inproc_listener&) {
        co_return lariat::inproc_listener::open(name_);
    }
    task<result<lariat::inproc_listener>> listen_too_long() {
        co_return lariat::inproc_listener::open(std::string(256, 'x'));
    }
    task<result<lariat::inproc_stream>> dial(lariat::inproc_listener&) {
        return lariat::connect_inproc(name_);
    }
    task<result<lariat::inproc_stream>> dial_nobody() {
        return lariat::connect_inproc(fresh_name());
    }

  private:
    result<lariat::inproc_listener> open(lariat::inproc_listen_options options) {
        name_ = fresh_name();
        return lariat::inproc_listener::open(name_, options);
    }

    std::string name_;
};

/// A transport by URL; `Place` says at which to listen.
template <class Place>
class by_url {
  public:
    // A URL has no options, so it makes no listener that is narrow.
    static constexpr lariat::testing::transport_traits traits{.listens = true,
                                                              .ends = true,
                                                              .half_close = true,
                                                              .resets = Place::resets,
                                                              .descriptors = Place::descriptors,
                                                              .refuses = true,
                                                              .black_hole = false,
                                                              .takes_names = true,
                                                              .long_names = Place::long_names,
                                                              .outlived = true};

    task<result<lariat::any_listener>> listen() { return lariat::listen_at(place_.fresh()); }
    task<result<lariat::any_listener>> listen_again(lariat::any_listener& at) {
        return lariat::listen_at(at.url());
    }
    task<result<lariat::any_listener>> listen_too_long()
        requires(Place::long_names)
    {
        return lariat::listen_at(place_.fresh() + std::string(256, 'x'));
    }
    task<result<lariat::any_stream>> dial(lariat::any_listener& to) {
        if (to.is_open()) last_ = to.url();
        return lariat::dial(last_);
    }
    task<result<lariat::any_stream>> dial_nobody() { return lariat::dial(place_.nobody()); }
    void reset(lariat::any_stream& which)
        requires(Place::resets)
    {
        place_.reset(which);
    }

  private:
    Place place_;
    std::string last_;
};

struct tcp_place {
    static constexpr bool resets = true, descriptors = true, long_names = false;
    std::string fresh() const { return "tcp://127.0.0.1:0"; }
    std::string nobody() const { return "tcp://localhost:1"; }
    static void reset(lariat::any_stream& which) {
        (void)which.get_if<lariat::tcp_stream>()->set_linger(std::chrono::seconds(0));
        which.close();
    }
};

struct unix_place {
    static constexpr bool resets = false, descriptors = true, long_names = true;
    std::string fresh() const { return "unix://" + (directory.path() / fresh_name()).native(); }
    std::string nobody() const { return "unix:@" + fresh_name(); }
    scratch directory;
};

struct abstract_place {
    static constexpr bool resets = false, descriptors = true, long_names = true;
    std::string fresh() const { return "unix:@" + fresh_name() + "%00/"; }
    std::string nobody() const { return fresh(); }
};

struct inproc_place {
    static constexpr bool resets = false, descriptors = false, long_names = true;
    std::string fresh() const { return "inproc://" + fresh_name() + "%20%2F"; }
    std::string nobody() const { return fresh(); }
};

}  // namespace subjects
