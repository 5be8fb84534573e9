#pragma once

#include <vector>

#include "bench/harness.hpp"

namespace bench {

// One or two per mechanism. What is measured, and the raw way beside it, are in the file of its
// name. A new one: a file with a function that returns its description, declared here, and named
// in the table.
workload nop_workload();
workload yield_workload();
workload await_workload();
workload spawn_workload();
workload timer_workload();
workload expiry_workload();
workload mailbox_workload();
workload handover_workload();
workload provider_workload();
workload race_workload();
workload channel_workload();
workload channel_threads_workload();
workload mutex_workload();
workload hop_workload();
workload post_workload();
workload offload_workload();
workload allocations_workload();
workload file_read_workload();
workload file_write_workload();
workload accept_workload();
workload idle_workload();
workload echo_tcp_workload();
workload echo_unix_workload();
workload echo_tls_workload();
workload echo_inproc_workload();
workload echo_rate_workload();
workload echo_connect_workload();
workload resp_ping_workload();
workload resp_get_workload();
workload http_workload();
workload relay_workload();
workload tls_workload();
workload sp_inproc_workload();
workload sp_ipc_workload();
workload sp_ipc_latency_workload();
workload sp_tcp_workload();
workload sp_tcp_latency_workload();
workload scale_timers_workload();
workload scale_tasks_workload();
workload scale_operations_workload();
workload scale_reads_workload();
workload scale_connections_workload();
workload scale_workers_workload();

/// In the order in which they run.
std::vector<workload> all_workloads();

}  // namespace bench
