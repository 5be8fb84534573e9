#include "aio/testing/transport_suite.hpp"

#include <chrono>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/transport/inproc.hpp"
#include "tests/aio/transport/expect_contract.hpp"
#include "tests/aio/transport/local_subjects.hpp"
#include "tests/aio/transport/subjects.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

// Transports with a fault each, for the suite to find.

/// A stream that behaves, to be derived from.
class good_stream {
  public:
    explicit good_stream(io::inproc_stream held) : held_(std::move(held)) {}

    auto receive(io::buffer_view into) noexcept { return held_.receive(into); }
    auto send(io::const_buffer_view from) noexcept { return held_.send(from); }
    auto shutdown(io::direction which) noexcept { return held_.shutdown(which); }
    void close() noexcept { held_.close(); }
    bool is_open() const noexcept { return held_.is_open(); }
    io::result<io::address> local_address() const noexcept { return held_.local_address(); }
    io::result<io::address> peer_address() const noexcept { return held_.peer_address(); }

  protected:
    io::inproc_stream held_;
};

/// Takes bytes before it knows that somebody still wants them.
class hasty_stream : public good_stream {
  public:
    using good_stream::good_stream;

    io::task<io::result<std::size_t>> receive(io::buffer_view into) {
        std::array<std::byte, 1> first;
        if (into.empty()) co_return 0;
        const auto got = co_await held_.receive(first);
        if (!got || *got == 0) co_return got;
        const auto later = co_await io::nop{};
        if (!later) co_return later.error();
        *into.data() = first[0];
        co_return 1;
    }
};

/// Waits for a byte even if there is no room for one.
class thirsty_stream : public good_stream {
  public:
    using good_stream::good_stream;

    io::task<io::result<std::size_t>> receive(io::buffer_view into) {
        std::array<std::byte, 1> one;
        co_return co_await held_.receive(into.empty() ? io::buffer_view(one) : into);
    }
};

/// Forgets who waits.
class careless_stream : public good_stream {
  public:
    using good_stream::good_stream;

    void close() noexcept { open_ = false; }
    bool is_open() const noexcept { return open_; }

  private:
    bool open_ = true;
};

/// Says that all was sent when much was to be.
class boastful_stream : public good_stream {
  public:
    using good_stream::good_stream;

    io::task<io::result<std::size_t>> send(io::const_buffer_view from) {
        const auto some = from.size() > 1000 ? from.first(from.size() / 2) : from;
        const auto sent = co_await held_.send(some);
        co_return sent ? io::result<std::size_t>(from.size()) : sent;
    }
};

template <class Stream>
class faulty_listener {
  public:
    explicit faulty_listener(io::inproc_listener held) : held_(std::move(held)) {}

    io::task<io::result<Stream>> accept() { return faulty(held_.accept()); }
    void close() noexcept { held_.close(); }
    bool is_open() const noexcept { return held_.is_open(); }
    io::result<io::address> local_address() const noexcept { return held_.local_address(); }
    std::string url() const { return held_.url(); }

    static io::task<io::result<Stream>> faulty(io::task<io::result<io::inproc_stream>> making) {
        auto made = co_await std::move(making);
        if (!made) co_return made.error();
        co_return Stream(*std::move(made));
    }

  private:
    io::inproc_listener held_;
};

template <class Stream>
class faulty {
  public:
    static constexpr transport_traits traits{.listens = true,
                                             .ends = true,
                                             .half_close = true,
                                             .resets = false,
                                             .descriptors = false,
                                             .refuses = false,
                                             .black_hole = false,
                                             .takes_names = false,
                                             .long_names = false,
                                             .outlived = false};

    io::task<io::result<faulty_listener<Stream>>> listen() {
        name_ = subjects::fresh_name();
        auto made = io::inproc_listener::open(name_);
        if (!made) co_return made.error();
        co_return faulty_listener<Stream>(*std::move(made));
    }
    io::task<io::result<Stream>> dial(faulty_listener<Stream>&) {
        return faulty_listener<Stream>::faulty(io::connect_inproc(name_));
    }

  private:
    std::string name_;
};

/// Returns: whether the suite finds that this rule is broken.
template <class Stream>
bool finds(std::string_view rule) {
    const auto report =
        run_transport_suite<faulty<Stream>>({.bulk = 10'000, .patience = 500ms, .only = rule});
    return !report.failures.empty();
}

}  // namespace

TEST_CASE_TEMPLATE("a transport keeps the contract of streams and listeners", Subject,
                   subjects::tcp_v4, subjects::tcp_v6, subjects::unix_path, subjects::unix_abstract,
                   subjects::inproc) {
    expect_contract<Subject>();
}

TEST_CASE_TEMPLATE("a transport behind any_stream and any_listener keeps it as well", Subject,
                   subjects::tcp_v4, subjects::tcp_v6, subjects::unix_path, subjects::unix_abstract,
                   subjects::inproc) {
    expect_contract<any_transport_subject<Subject>>();
}

TEST_CASE_TEMPLATE("a transport that is named by a URL keeps it as well", Place,
                   subjects::tcp_place, subjects::unix_place, subjects::abstract_place,
                   subjects::inproc_place) {
    expect_contract<subjects::by_url<Place>>();
}

TEST_CASE_TEMPLATE("what is a stream from the start keeps the contract of streams", Subject,
                   subjects::pipes, subjects::standard_streams, subjects::terminal) {
    expect_contract<Subject>();
}

TEST_CASE_TEMPLATE("what is a stream from the start keeps it behind any_stream as well", Subject,
                   subjects::pipes, subjects::terminal) {
    expect_contract<any_transport_subject<Subject>>();
}

TEST_CASE("sockets that somebody else has made keep the contract, named by their numbers") {
    expect_contract<subjects::handed_on>();
}

TEST_CASE("the suite finds nothing wrong with a stream that only hands through") {
    const auto report = run_transport_suite<faulty<good_stream>>({.bulk = 10'000});

    CHECK(report.failures.empty());
    CHECK(report.left_out.size() == 9);
}

TEST_CASE("the suite keeps to the rules that it is asked for") {
    const auto one = run_transport_suite<faulty<good_stream>>({.only = "data beats cancel"});
    const auto none = run_transport_suite<faulty<good_stream>>({.only = "no such rule"});

    CHECK(one.kept == 1);
    CHECK(none.kept + none.left_out.size() == 0);
}

TEST_CASE("the suite finds what is wrong with a stream") {
    CHECK(finds<hasty_stream>("data beats cancel"));
    CHECK(finds<thirsty_stream>("an empty buffer yields 0"));
    CHECK(finds<careless_stream>("a locally closed stream fail at once"));
    CHECK(finds<careless_stream>("closed locally end with closed"));
    CHECK(finds<boastful_stream>("how much the peer will receive"));
}
