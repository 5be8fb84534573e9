#include "bench/tls/ends.hpp"
#include "bench/workloads.hpp"

namespace bench {

workload tls_workload() {
    return {
        .name = "tls",
        .what =
            "one way over TLS and TCP on the loopback device, sender and receiver on a CPU "
            "each: time from write to write at the receiver",
        .parameters = {{.name = "size",
                        .values = {16 * 1024, 64 * 1024},
                        .what = "bytes per write",
                        .most = 1024 * 1024}},
        .items = 30'000,
        .smoke_items = 200,
        .subjects = {{"raw", "OpenSSL over sockets that block", receive_raw_tls},
                     {"lariat", "tls_stream over tcp_stream", receive_lariat_tls},
                     {"raw_ahead", "OpenSSL that reads ahead, 64 KiB at a time",
                      receive_raw_tls_ahead}},
        .unit = "ns/write",
        .optional = true,
    };
}

}  // namespace bench
