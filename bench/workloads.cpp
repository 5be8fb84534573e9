#include "bench/workloads.hpp"

namespace bench {

std::vector<workload> all_workloads() {
    return {
        nop_workload(),
        yield_workload(),
        await_workload(),
        spawn_workload(),
        timer_workload(),
        expiry_workload(),
        mailbox_workload(),
        handover_workload(),
        provider_workload(),
        race_workload(),
        channel_workload(),
        channel_threads_workload(),
        mutex_workload(),
        hop_workload(),
        post_workload(),
        offload_workload(),
        allocations_workload(),
        file_read_workload(),
        file_write_workload(),
        accept_workload(),
        idle_workload(),
        echo_tcp_workload(),
        echo_unix_workload(),
        echo_tls_workload(),
        echo_inproc_workload(),
        echo_rate_workload(),
        echo_connect_workload(),
        resp_ping_workload(),
        resp_get_workload(),
        http_workload(),
        relay_workload(),
        sp_inproc_workload(),
        sp_ipc_workload(),
        sp_ipc_latency_workload(),
        sp_tcp_workload(),
        sp_tcp_latency_workload(),
        tls_workload(),
        // Some of those above, with more and more at once.
        scale_timers_workload(),
        scale_tasks_workload(),
        scale_operations_workload(),
        scale_reads_workload(),
        scale_connections_workload(),
        scale_workers_workload(),
    };
}

}  // namespace bench
