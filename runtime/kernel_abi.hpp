#pragma once

#include <cstdint>

/// What the io_uring headers of Linux 6.1 have no name for: the numbers are the kernel's ABI and
/// never change. The kernel named in each comment is the first that knows them; an older one
/// answers invalid_argument. Fields of an entry that lack a name share the place of older ones.
/// Source: include/uapi/linux/io_uring.h, io_uring_enter(2), io_uring_register(2).
namespace lariat::kernel {

// Operations: io_uring_sqe::opcode.
inline constexpr std::uint8_t op_read_multishot = 49;    // 6.7
inline constexpr std::uint8_t op_waitid = 50;            // 6.7
inline constexpr std::uint8_t op_futex_wait = 51;        // 6.7
inline constexpr std::uint8_t op_futex_wake = 52;        // 6.7
inline constexpr std::uint8_t op_futex_waitv = 53;       // 6.7
inline constexpr std::uint8_t op_fixed_fd_install = 54;  // 6.8
inline constexpr std::uint8_t op_ftruncate = 55;         // 6.9
inline constexpr std::uint8_t op_bind = 56;              // 6.11
inline constexpr std::uint8_t op_listen = 57;            // 6.11
inline constexpr std::uint8_t op_recv_zc = 58;           // 6.15
inline constexpr std::uint8_t op_epoll_wait = 59;        // 6.15
inline constexpr std::uint8_t op_readv_fixed = 60;       // 6.15
inline constexpr std::uint8_t op_writev_fixed = 61;      // 6.15
inline constexpr std::uint8_t op_pipe = 62;              // 6.16
inline constexpr std::uint8_t op_nop128 = 63;            // 6.19
inline constexpr std::uint8_t op_uring_cmd128 = 64;      // 6.19

// io_uring_params::flags.
inline constexpr std::uint32_t setup_no_mmap = 1U << 14;             // 6.5
inline constexpr std::uint32_t setup_registered_fd_only = 1U << 15;  // 6.5
inline constexpr std::uint32_t setup_no_sqarray = 1U << 16;          // 6.6
inline constexpr std::uint32_t setup_hybrid_iopoll = 1U << 17;       // 6.13
inline constexpr std::uint32_t setup_cqe_mixed = 1U << 18;           // 6.18
inline constexpr std::uint32_t setup_sqe_mixed = 1U << 19;           // 6.19

// io_uring_params::features.
inline constexpr std::uint32_t feature_registered_ring_register = 1U << 13;  // 6.3
inline constexpr std::uint32_t feature_recvsend_bundle = 1U << 14;           // 6.10
inline constexpr std::uint32_t feature_min_timeout = 1U << 15;               // 6.12
inline constexpr std::uint32_t feature_rw_attribute = 1U << 16;              // 6.14
inline constexpr std::uint32_t feature_no_iowait = 1U << 17;                 // 6.15

// Flags of io_uring_enter(2).
inline constexpr std::uint32_t enter_absolute_timer = 1U << 5;       // 6.12
inline constexpr std::uint32_t enter_registered_argument = 1U << 6;  // 6.13
inline constexpr std::uint32_t enter_no_iowait = 1U << 7;            // 6.15

// Operations of io_uring_register(2).
inline constexpr std::uint32_t register_pbuf_status = 26;                 // 6.8
inline constexpr std::uint32_t register_napi = 27;                        // 6.9
inline constexpr std::uint32_t unregister_napi = 28;                      // 6.9
inline constexpr std::uint32_t register_clock = 29;                       // 6.12
inline constexpr std::uint32_t register_clone_buffers = 30;               // 6.12
inline constexpr std::uint32_t register_send_msg_ring = 31;               // 6.13
inline constexpr std::uint32_t register_zcrx_ifq = 32;                    // 6.15
inline constexpr std::uint32_t register_resize_rings = 33;                // 6.13
inline constexpr std::uint32_t register_mem_region = 34;                  // 6.13
inline constexpr std::uint32_t register_query = 35;                       // 6.18
inline constexpr std::uint32_t register_with_registered_ring = 1U << 31;  // 6.3, a flag

// Provided buffers: io_uring_buf_reg's 16 bits after the group number.
inline constexpr std::uint16_t buffer_ring_mmap = 1U << 0;         // 6.4
inline constexpr std::uint16_t buffer_ring_incremental = 1U << 1;  // 6.12

// io_uring_cqe::flags.
inline constexpr std::uint32_t completion_buffer_more = 1U << 4;  // 6.12, incremental buffers
inline constexpr std::uint32_t completion_skip = 1U << 5;         // 6.18, with setup_cqe_mixed
inline constexpr std::uint32_t completion_32 = 1U << 15;          // 6.18, with setup_cqe_mixed

// Accept, send and receive: io_uring_sqe::ioprio.
inline constexpr std::uint16_t accept_do_not_wait = 1U << 1;  // 6.10
inline constexpr std::uint16_t accept_poll_first = 1U << 2;   // 6.10
inline constexpr std::uint16_t recvsend_bundle = 1U << 4;     // 6.10
inline constexpr std::uint16_t send_vectorized = 1U << 5;     // 6.17

// Zero-copy send: io_uring_sqe::ioprio, and the result of its notification.
inline constexpr std::uint16_t send_report_usage = 1U << 3;     // 6.2
inline constexpr std::uint32_t notification_copied = 1U << 31;  // 6.2

// Cancel: io_uring_sqe::cancel_flags. The opcode to match stands in io_uring_sqe::len.
inline constexpr std::uint32_t cancel_user_data = 1U << 4;  // 6.6
inline constexpr std::uint32_t cancel_operation = 1U << 5;  // 6.6

// io_uring_sqe::timeout_flags.
inline constexpr std::uint32_t timeout_multishot = 1U << 6;  // 6.4

// io_uring_sqe::msg_ring_flags.
inline constexpr std::uint32_t msg_ring_flags_pass = 1U << 1;  // 6.3

// Reads and writes: io_uring_sqe::rw_flags.
inline constexpr std::uint32_t rwf_nosignal = 1U << 8;  // 6.18

// op_fixed_fd_install: the place of io_uring_sqe::rw_flags.
inline constexpr std::uint32_t fixed_fd_no_cloexec = 1U << 0;  // 6.8

// uring_cmd on a socket: io_uring_sqe::cmd_op.
inline constexpr std::uint32_t socket_command_bytes_in = 0;    // 6.7
inline constexpr std::uint32_t socket_command_bytes_out = 1;   // 6.7
inline constexpr std::uint32_t socket_command_get_option = 2;  // 6.7
inline constexpr std::uint32_t socket_command_set_option = 3;  // 6.7
inline constexpr std::uint32_t socket_command_timestamp = 4;   // 6.17
inline constexpr std::uint32_t socket_command_name = 5;        // 6.19

// The flags of a futex: io_uring_sqe::fd of op_futex_wait and op_futex_wake.
inline constexpr std::uint32_t futex_32_bits = 0x02;  // 6.7
inline constexpr std::uint32_t futex_private = 0x80;  // 6.7

}  // namespace lariat::kernel
