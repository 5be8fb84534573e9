#include "runtime/capabilities.hpp"

#include <algorithm>
#include <iterator>
#include <ostream>
#include <string>

#include "runtime/kernel_abi.hpp"

namespace lariat {
namespace {

constexpr known_operation operations_by_number[] = {
    {"nop", {5, 1}},
    {"readv", {5, 1}},
    {"writev", {5, 1}},
    {"fsync", {5, 1}},
    {"read_fixed", {5, 1}},
    {"write_fixed", {5, 1}},
    {"poll_add", {5, 1}},
    {"poll_remove", {5, 1}},
    {"sync_file_range", {5, 2}},
    {"sendmsg", {5, 3}},
    {"recvmsg", {5, 3}},
    {"timeout", {5, 4}},
    {"timeout_remove", {5, 5}},
    {"accept", {5, 5}},
    {"async_cancel", {5, 5}},
    {"link_timeout", {5, 5}},
    {"connect", {5, 5}},
    {"fallocate", {5, 6}},
    {"openat", {5, 6}},
    {"close", {5, 6}},
    {"files_update", {5, 6}},
    {"statx", {5, 6}},
    {"read", {5, 6}},
    {"write", {5, 6}},
    {"fadvise", {5, 6}},
    {"madvise", {5, 6}},
    {"send", {5, 6}},
    {"recv", {5, 6}},
    {"openat2", {5, 6}},
    {"epoll_ctl", {5, 6}},
    {"splice", {5, 7}},
    {"provide_buffers", {5, 7}},
    {"remove_buffers", {5, 7}},
    {"tee", {5, 8}},
    {"shutdown", {5, 11}},
    {"renameat", {5, 11}},
    {"unlinkat", {5, 11}},
    {"mkdirat", {5, 15}},
    {"symlinkat", {5, 15}},
    {"linkat", {5, 15}},
    {"msg_ring", {5, 18}},
    {"fsetxattr", {5, 19}},
    {"setxattr", {5, 19}},
    {"fgetxattr", {5, 19}},
    {"getxattr", {5, 19}},
    {"socket", {5, 19}},
    {"uring_cmd", {5, 19}},
    {"send_zc", {6, 0}},
    {"sendmsg_zc", {6, 1}},
    {"read_multishot", {6, 7}},
    {"waitid", {6, 7}},
    {"futex_wait", {6, 7}},
    {"futex_wake", {6, 7}},
    {"futex_waitv", {6, 7}},
    {"fixed_fd_install", {6, 8}},
    {"ftruncate", {6, 9}},
    {"bind", {6, 11}},
    {"listen", {6, 11}},
    {"recv_zc", {6, 15}},
    {"epoll_wait", {6, 15}},
    {"readv_fixed", {6, 15}},
    {"writev_fixed", {6, 15}},
    {"pipe", {6, 16}},
};
static_assert(std::size(operations_by_number) == kernel::op_pipe + 1);

struct mark {
    std::uint32_t feature;
    kernel_version since;
};

// Bits that tell a release from the one before, where no operation does.
constexpr mark marks[] = {
    {kernel::feature_registered_ring_register, {6, 3}},
    {kernel::feature_recvsend_bundle, {6, 10}},
    {kernel::feature_min_timeout, {6, 12}},
    {kernel::feature_rw_attribute, {6, 14}},
    {kernel::feature_no_iowait, {6, 15}},
};

struct ability {
    const char* name;
    kernel_version since;
};

constexpr ability abilities[] = {
    {"multishot accept", {5, 19}},
    {"provided buffer rings", {5, 19}},
    {"multishot receive", {6, 0}},
    {"deferred task work", {6, 1}},
    {"message flags between rings", {6, 3}},
    {"multishot timeout", {6, 4}},
    {"multishot read", {6, 7}},
    {"receive bundles", {6, 10}},
    {"incremental buffers", {6, 12}},
    {"minimal waits", {6, 12}},
    {"registered waits", {6, 13}},
    {"waits that are not i/o waits", {6, 15}},
};

// The smallest releases that Lariat runs on know all that is not marked.
constexpr kernel_version floor{6, 1};

std::string text_of(kernel_version version) {
    return std::to_string(version.major) + "." + std::to_string(version.minor);
}

void write_row(std::ostream& out, const char* name, kernel_version since, bool there) {
    std::string row = name;
    row.resize(std::max<std::size_t>(row.size() + 1, 32), ' ');
    row += text_of(since);
    row.resize(38, ' ');
    out << row << (there ? "yes" : "no") << '\n';
}

}  // namespace

std::span<const known_operation> known_operations() noexcept { return operations_by_number; }

capability_set::capability_set(const std::bitset<256>& operations, std::uint32_t features) noexcept
    : operations_(operations), level_(floor) {
    for (std::size_t opcode = 0; opcode < std::size(operations_by_number); ++opcode)
        if (operations_[opcode]) level_ = std::max(level_, operations_by_number[opcode].since);
    for (const auto& [feature, since] : marks)
        if (features & feature) level_ = std::max(level_, since);
}

capability_set capability_set::limited_to(kernel_version release) const noexcept {
    capability_set less = *this;
    less.level_ = std::min(level_, release);
    for (std::size_t opcode = 0; opcode < operations_.size(); ++opcode) {
        const bool newer = opcode >= std::size(operations_by_number) ||
                           operations_by_number[opcode].since > release;
        if (newer) less.operations_.reset(opcode);
    }
    return less;
}

std::ostream& operator<<(std::ostream& out, const capability_set& what) {
    out << "io_uring as of Linux " << text_of(what.level()) << "\n\n"
        << "ability                         since here\n";
    for (const auto& [name, since] : abilities) write_row(out, name, since, what.since(since));
    out << "\noperation                       since here\n";
    unsigned opcode = 0;
    for (const auto& [name, since] : operations_by_number)
        write_row(out, name, since, what.operation(opcode++));
    return out;
}

}  // namespace lariat
