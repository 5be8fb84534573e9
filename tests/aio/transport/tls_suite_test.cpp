#include <ostream>

#include <doctest/doctest.h>

#include "tests/aio/transport/expect_contract.hpp"
#include "tests/aio/transport/tls_subjects.hpp"

using namespace lariat::testing;

TEST_CASE_TEMPLATE("TLS over a transport keeps the contract of streams and listeners", Below,
                   subjects::tcp_v4, subjects::unix_path, subjects::inproc) {
    expect_contract<tls_subjects::tls_over<Below>>();
}

TEST_CASE("TLS over TCP behind any_stream and any_listener keeps it as well") {
    expect_contract<any_transport_subject<tls_subjects::tls_over<subjects::tcp_v4>>>();
}

TEST_CASE("TLS that is named by a URL keeps it as well") {
    expect_contract<subjects::by_url<tls_subjects::tls_place>>();
}
