#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "aio/op/attribute.hpp"
#include "aio/op/close.hpp"
#include "aio/op/device.hpp"
#include "aio/op/direct.hpp"
#include "aio/op/directory.hpp"
#include "aio/op/file.hpp"
#include "aio/op/fixed.hpp"
#include "aio/op/futex.hpp"
#include "aio/op/memory.hpp"
#include "aio/op/message.hpp"
#include "aio/op/nop.hpp"
#include "aio/op/pipe.hpp"
#include "aio/op/poll.hpp"
#include "aio/op/pooled.hpp"
#include "aio/op/process.hpp"
#include "aio/op/receive_zero_copy.hpp"
#include "aio/op/ring_message.hpp"
#include "aio/op/socket.hpp"
#include "aio/op/timeout.hpp"
#include "aio/op/zero_copy.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/kernel_abi.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"

namespace io = lariat;

namespace {

char bytes[16];
const std::array<io::buffer_view, 1> views{bytes};
const std::array<io::const_buffer_view, 1> const_views{"text"};
std::atomic<std::uint32_t> word;
const std::array<io::futex_word, 1> words{io::futex_word(word, 0)};
std::array<epoll_event, 1> events;

template <class Call>
unsigned opcode_of(const Call& call) {
    return prepared(call).opcode;
}

unsigned opcode_of_read_multishot() {
    std::uint8_t opcode = 0;
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool;
        const io::read_pooled call{.file = 3, .pool = pool};
        opcode = prepared_multishot(call).opcode;
        io::completion_event never_submitted{-ECANCELED, 0};
        pool.heard(never_submitted);
        co_return;
    };
    run_body(body);
    return opcode;
}

unsigned opcode_of_receive_zero_copy() {
    std::uint8_t opcode = 0;
    auto body = [&]() -> io::task<> {
        io::zero_copy_pool pool(io::card_queue(1));
        opcode = prepared_multishot(io::receive_zero_copy{.socket = 3, .pool = pool}).opcode;
        io::completion_event never_submitted{-ECANCELED, 0};
        pool.heard(never_submitted);
        co_return;
    };
    run_body(body);
    return opcode;
}

unsigned opcode_of_make_direct() {
    unsigned opcode = 0;
    auto body = [&]() -> io::task<> {
        io::direct_table table(1);
        opcode = opcode_of(io::make_direct{.file = 3, .into = table});
        co_return;
    };
    run_body(body);
    return opcode;
}

unsigned opcode_of_send_word() {
    unsigned opcode = 0;
    const auto opcode_as_completion = [](const io::completion& operation) {
        io_uring_sqe entry{};
        operation.prepare(entry);
        return unsigned{entry.opcode};
    };
    auto body = [&]() -> io::task<> {
        const io::ring_inbox inbox;
        const io::ring_send call(io::send_word{.to = inbox.where(), .word = 1});
        opcode = opcode_as_completion(call);
        co_return;
    };
    run_body(body);
    return opcode;
}

/// An operation of the kernel, and what Lariat has for it.
struct row {
    std::string_view operation;
    std::string_view awaitable;  ///< Empty: there is none.
    io::kernel_version since;
    /// What is done on a kernel without it; without an awaitable, why there is none.
    std::string_view otherwise;
    unsigned (*opcode)() = nullptr;
};

constexpr std::string_view no_fallback = "function_not_supported";
constexpr std::string_view no_pool = "no zero_copy_pool can be made";
constexpr std::string_view always = "on every kernel that Lariat runs on";

const row rows[] = {
    {"nop", "nop", {5, 1}, always, [] { return opcode_of(io::nop{}); }},
    {"readv",
     "readv",
     {5, 1},
     always,
     [] { return opcode_of(io::readv{.file = 3, .buffers = views}); }},
    {"writev",
     "writev",
     {5, 1},
     always,
     [] { return opcode_of(io::writev{.file = 3, .buffers = const_views}); }},
    {"fsync", "fsync", {5, 1}, always, [] { return opcode_of(io::fsync{.file = 3}); }},
    {"read_fixed",
     "read_fixed",
     {5, 1},
     always,
     [] { return opcode_of(io::read_fixed{.file = 3, .buffer = {}}); }},
    {"write_fixed",
     "write_fixed",
     {5, 1},
     always,
     [] { return opcode_of(io::write_fixed{.file = 3, .buffer = {}}); }},
    {"poll_add", "poll", {5, 1}, always, [] { return opcode_of(io::poll{.file = 3}); }},
    {"poll_remove", "", {5, 1}, "cancelling a poll removes it; another mask is another poll"},
    {"sync_file_range",
     "sync_range",
     {5, 2},
     always,
     [] { return opcode_of(io::sync_range{.file = 3}); }},
    {"sendmsg",
     "send_message",
     {5, 3},
     always,
     [] { return opcode_of(io::send_message{.socket = 3, .buffers = const_views}); }},
    {"recvmsg",
     "receive_message",
     {5, 3},
     always,
     [] { return opcode_of(io::receive_message{.socket = 3, .buffers = views}); }},
    {"timeout", "timeout", {5, 4}, always, [] { return opcode_of(io::timeout{}); }},
    {"timeout_remove", "", {5, 5}, "cancelling a timeout removes it; deadlines live in user space"},
    {"accept", "accept", {5, 5}, always, [] { return opcode_of(io::accept{.socket = 3}); }},
    {"async_cancel", "", {5, 5}, "every cancel of an operation of the kernel is one"},
    {"link_timeout",
     "",
     {5, 5},
     "armed too late and aimed by a number that others share: within limits a chain"},
    {"connect",
     "connect",
     {5, 5},
     always,
     [] { return opcode_of(io::connect{.socket = 3, .address = {}}); }},
    {"fallocate", "allocate", {5, 6}, always, [] { return opcode_of(io::allocate{.file = 3}); }},
    {"openat", "open", {5, 6}, always, [] { return opcode_of(io::open{.path = "x"}); }},
    {"close", "close", {5, 6}, always, [] { return opcode_of(io::close{.file = 3}); }},
    {"files_update", "make_direct", {5, 6}, always, opcode_of_make_direct},
    {"statx", "stat", {5, 6}, always, [] { return opcode_of(io::stat{.path = "x"}); }},
    {"read",
     "read",
     {5, 6},
     always,
     [] { return opcode_of(io::read{.file = 3, .buffer = bytes}); }},
    {"write",
     "write",
     {5, 6},
     always,
     [] { return opcode_of(io::write{.file = 3, .buffer = bytes}); }},
    {"fadvise", "advise", {5, 6}, always, [] { return opcode_of(io::advise{.file = 3}); }},
    {"madvise",
     "advise_memory",
     {5, 6},
     always,
     [] {
         return opcode_of(io::advise_memory{.memory = std::as_writable_bytes(std::span(bytes))});
     }},
    {"send",
     "send",
     {5, 6},
     always,
     [] { return opcode_of(io::send{.socket = 3, .buffer = bytes}); }},
    {"recv",
     "receive",
     {5, 6},
     always,
     [] { return opcode_of(io::receive{.socket = 3, .buffer = bytes}); }},
    {"openat2",
     "open",
     {5, 6},
     always,
     [] { return opcode_of(io::open{.path = "x", .resolve = 1}); }},
    {"epoll_ctl",
     "epoll_control",
     {5, 6},
     always,
     [] { return opcode_of(io::epoll_control{.epoll = 3, .file = 4}); }},
    {"splice", "splice", {5, 7}, always, [] { return opcode_of(io::splice{.from = 3, .to = 4}); }},
    {"provide_buffers", "", {5, 7}, "buffer_pool offers them without an entry"},
    {"remove_buffers", "", {5, 7}, "buffer_pool takes them back without an entry"},
    {"tee", "tee", {5, 8}, always, [] { return opcode_of(io::tee{.from = 3, .to = 4}); }},
    {"shutdown", "shutdown", {5, 11}, always, [] { return opcode_of(io::shutdown{.socket = 3}); }},
    {"renameat",
     "rename",
     {5, 11},
     always,
     [] { return opcode_of(io::rename{.from = "x", .to = "y"}); }},
    {"unlinkat", "unlink", {5, 11}, always, [] { return opcode_of(io::unlink{.path = "x"}); }},
    {"mkdirat",
     "make_directory",
     {5, 15},
     always,
     [] { return opcode_of(io::make_directory{.path = "x"}); }},
    {"symlinkat",
     "symbolic_link",
     {5, 15},
     always,
     [] { return opcode_of(io::symbolic_link{.target = "x", .path = "y"}); }},
    {"linkat",
     "hard_link",
     {5, 15},
     always,
     [] { return opcode_of(io::hard_link{.from = "x", .to = "y"}); }},
    {"msg_ring",
     "send_word, send_descriptor",
     {5, 18},
     "function_not_supported before Linux 6.3",
     opcode_of_send_word},
    {"fsetxattr",
     "set_attribute",
     {5, 19},
     always,
     [] { return opcode_of(io::set_attribute{.file = 3, .attribute = "x", .data = bytes}); }},
    {"setxattr",
     "set_attribute_at",
     {5, 19},
     always,
     [] { return opcode_of(io::set_attribute_at{.path = "x", .attribute = "x", .data = bytes}); }},
    {"fgetxattr",
     "get_attribute",
     {5, 19},
     always,
     [] { return opcode_of(io::get_attribute{.file = 3, .attribute = "x", .buffer = bytes}); }},
    {"getxattr",
     "get_attribute_at",
     {5, 19},
     always,
     [] {
         return opcode_of(io::get_attribute_at{.path = "x", .attribute = "x", .buffer = bytes});
     }},
    {"socket", "socket", {5, 19}, always, [] { return opcode_of(io::socket{}); }},
    {"uring_cmd",
     "device_command, nvme_command",
     {5, 19},
     always,
     [] { return opcode_of(io::device_command{.file = 3}); }},
    {"send_zc",
     "send_zero_copy",
     {6, 0},
     always,
     [] { return opcode_of(io::send_zero_copy{.socket = 3, .buffer = bytes}); }},
    {"sendmsg_zc",
     "send_message_zero_copy",
     {6, 1},
     always,
     [] { return opcode_of(io::send_message_zero_copy{.socket = 3, .buffers = const_views}); }},
    {"read_multishot",
     "multishot<read_pooled>",
     {6, 7},
     "one read after the other",
     opcode_of_read_multishot},
    {"waitid", "waitid", {6, 7}, no_fallback, [] { return opcode_of(io::waitid{}); }},
    {"futex_wait",
     "futex_wait",
     {6, 7},
     no_fallback,
     [] { return opcode_of(io::futex_wait{.word = &word}); }},
    {"futex_wake",
     "futex_wake",
     {6, 7},
     no_fallback,
     [] { return opcode_of(io::futex_wake{.word = &word}); }},
    {"futex_waitv",
     "futex_wait_any",
     {6, 7},
     no_fallback,
     [] { return opcode_of(io::futex_wait_any{.words = words}); }},
    {"fixed_fd_install",
     "install",
     {6, 8},
     no_fallback,
     [] { return opcode_of(io::install{.file = 3}); }},
    {"ftruncate",
     "truncate",
     {6, 9},
     "the system call",
     [] { return opcode_of(io::truncate{.file = 3}); }},
    {"bind",
     "bind",
     {6, 11},
     "the system call",
     [] { return opcode_of(io::bind{.socket = 3, .address = {}}); }},
    {"listen",
     "listen",
     {6, 11},
     "the system call",
     [] { return opcode_of(io::listen{.socket = 3}); }},
    {"recv_zc", "multishot<receive_zero_copy>", {6, 15}, no_pool, opcode_of_receive_zero_copy},
    {"epoll_wait",
     "epoll_wait",
     {6, 15},
     no_fallback,
     [] { return opcode_of(io::epoll_wait{.epoll = 3, .events = events}); }},
    {"readv_fixed",
     "readv_fixed",
     {6, 15},
     "readv",
     [] { return opcode_of(io::readv_fixed{.file = 3, .buffers = views, .inside = {}}); }},
    {"writev_fixed",
     "writev_fixed",
     {6, 15},
     "writev",
     [] { return opcode_of(io::writev_fixed{.file = 3, .buffers = const_views, .inside = {}}); }},
    {"pipe", "pipe", {6, 16}, "the system call", [] { return opcode_of(io::pipe{}); }},
};

}  // namespace

TEST_CASE("coverage: every operation up to Linux 6.18 has a row, in the order of their numbers") {
    const auto known = io::known_operations();
    REQUIRE(std::size(rows) == known.size());
    for (std::size_t opcode = 0; opcode < known.size(); ++opcode) {
        CHECK(rows[opcode].operation == known[opcode].name);
        CHECK(rows[opcode].since == known[opcode].since);
        CHECK(!rows[opcode].otherwise.empty());
        CHECK(rows[opcode].awaitable.empty() == (rows[opcode].opcode == nullptr));
    }
}

TEST_CASE("coverage: what a row names prepares the operation that the row is of") {
    unsigned opcode = 0;
    for (const row& each : rows) {
        CAPTURE(each.operation);
        if (each.opcode && io::capabilities().operation(opcode)) CHECK(each.opcode() == opcode);
        ++opcode;
    }
}

TEST_CASE("coverage: what has no fallback and no operation says so") {
    const auto missing = [](auto call) {
        const io::completion_event event = call.fallback();
        return event.result == -ENOSYS;
    };

    CHECK(missing(io::waitid{}));
    CHECK(missing(io::futex_wait{.word = &word}));
    CHECK(missing(io::futex_wake{.word = &word}));
    CHECK(missing(io::futex_wait_any{.words = words}));
    CHECK(missing(io::install{.file = 3}));
    CHECK(missing(io::epoll_wait{.epoll = 3, .events = events}));
}
