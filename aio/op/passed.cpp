#include "aio/op/passed.hpp"

#include <liburing.h>

#include <algorithm>
#include <cstring>

#include "runtime/check.hpp"

namespace lariat {
namespace {

// Views are laid out as iovec, and msghdr has no const.
template <class View>
void point_at(msghdr& header, const View& buffer) noexcept {
    static_assert(sizeof(View) == sizeof(iovec));
    header.msg_iov = reinterpret_cast<iovec*>(const_cast<View*>(&buffer));
    header.msg_iovlen = 1;
    header.msg_flags = 0;
}

}  // namespace

void receive_passed::prepare(io_uring_sqe& entry) const noexcept {
    if (buffer.empty()) [[unlikely]]
        return io_uring_prep_nop(&entry);
    point_at(header, buffer);
    header.msg_control = arrived.bytes.data();
    header.msg_controllen = arrived.bytes.size();
    io_uring_prep_recvmsg(&entry, socket.number(), &header, MSG_CMSG_CLOEXEC);
    entry.flags = socket.entry_flags();
}

received_passed receive_passed::value(completion_event event) const noexcept {
    received_passed all;
    all.count = static_cast<std::size_t>(event.result);
    all.truncated = header.msg_flags & MSG_CTRUNC;
    if (header.msg_control == nullptr) return all;
    for (cmsghdr* each = CMSG_FIRSTHDR(&header); each; each = CMSG_NXTHDR(&header, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count && all.passed < most_passed; ++i) {
            int number;
            std::memcpy(&number, CMSG_DATA(each) + i * sizeof number, sizeof number);
            all.descriptors[all.passed++] = descriptor::adopt(number);
        }
    }
    return all;
}

void send_passed::prepare(io_uring_sqe& entry) const noexcept {
    check(!buffer.empty(), "send_passed: descriptors need at least one byte to travel with");
    check(descriptors.size() <= most_passed, "send_passed: more than 16 descriptors at once");
    const std::size_t size = descriptors.size() * sizeof(int);
    point_at(header, buffer);
    header.msg_control = descriptors.empty() ? nullptr : leaving.bytes.data();
    header.msg_controllen = descriptors.empty() ? 0 : CMSG_SPACE(size);
    cmsghdr head{};
    head.cmsg_level = SOL_SOCKET;
    head.cmsg_type = SCM_RIGHTS;
    head.cmsg_len = CMSG_LEN(size);
    std::memcpy(leaving.bytes.data(), &head, sizeof head);
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
        const int number = descriptors[i].process_number();
        std::memcpy(leaving.bytes.data() + CMSG_LEN(0) + i * sizeof number, &number, sizeof number);
    }
    io_uring_prep_sendmsg(&entry, socket.number(), &header, MSG_NOSIGNAL);
    entry.flags = socket.entry_flags();
}

}  // namespace lariat
