#include "aio/transport/unix.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "aio/transport/socket_calls.hpp"
#include "aio/url.hpp"
#include "runtime/sleep.hpp"

namespace lariat {
namespace {

bool is_of_unix(const address& where) noexcept {
    return where.family() == address_family::unix_domain;
}

descriptor new_socket(int type) noexcept {
    return descriptor::adopt(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
}

// The kernel does not tell when a listener that was full has room again.
constexpr duration shortest_pause = std::chrono::milliseconds(1);
constexpr duration longest_pause = std::chrono::milliseconds(50);

/// Tells a file from one that was given the same name later.
struct identity {
    dev_t device;
    ino_t number;

    friend bool operator==(const identity&, const identity&) noexcept = default;
};

/// Returns: the identity of a socket's file; none if there is no such file, or it is another kind.
std::optional<identity> socket_file_at(const std::string& path) noexcept {
    struct ::stat status;
    if (::lstat(path.c_str(), &status) < 0 || !S_ISSOCK(status.st_mode)) return {};
    return identity{status.st_dev, status.st_ino};
}

/// Whether somebody has the place: only a refusal says that nobody does. Asked with a socket of
/// another type, which a listener refuses without being told of it.
bool may_be_answered(const address& where) noexcept {
    const auto probe = new_socket(SOCK_DGRAM);
    return !probe || ::connect(probe.number(), where.data(), where.size()) == 0 ||
           errno != ECONNREFUSED;
}

/// Removes a socket's file that nobody answers at. It is taken aside first: between the question
/// and the removal another process may have put its own there, which is then put back.
/// Returns: whether the path is free.
bool remove_stale(const address& where) {
    const std::string path(where.path());
    const auto stale = socket_file_at(path);
    if (!stale || may_be_answered(where)) return false;
    const std::string aside = path + ".stale." + std::to_string(::getpid());
    const auto move = [](const std::string& from, const std::string& to) {
        return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0;
    };
    if (!move(path, aside)) return errno == ENOENT;
    if (socket_file_at(aside) == stale) return ::unlink(aside.c_str()) == 0;
    move(aside, path);
    return false;
}

result<void> bind_to(descriptor_ref socket, const address& where,
                     const unix_listen_options& options) {
    const std::string path(where.path());
    const bool has_mode = !path.empty() && options.mode;
    // The file that bind makes gets these permissions without the umask, so never more.
    if (has_mode && ::fchmod(socket.number(), *options.mode) < 0) return kernel_error(errno);
    const auto bind = [&] {
        return outcome_of(::bind(socket.number(), where.data(), where.size()));
    };
    auto bound = bind();
    if (bound.error() == std::errc::address_in_use && !path.empty() && options.replace_stale &&
        remove_stale(where))
        bound = bind();
    if (bound && has_mode) bound = outcome_of(::chmod(path.c_str(), *options.mode));
    return bound;
}

}  // namespace

class unix_listener::file {
  public:
    file(std::string path, identity which) noexcept
        : path_(std::move(path)), which_(which), maker_(::getpid()) {}

    void remove() const noexcept {
        if (maker_ == ::getpid() && socket_file_at(path_) == which_) ::unlink(path_.c_str());
    }

  private:
    const std::string path_;
    const identity which_;
    const pid_t maker_;
};

void unix_listener::remove::operator()(file* made) const noexcept {
    made->remove();
    delete made;
}

result<unix_credentials> unix_stream::peer_credentials() const noexcept {
    const auto peer = socket_option_of<ucred>(socket(), SOL_SOCKET, SO_PEERCRED);
    if (!peer) return peer.error();
    return unix_credentials{peer->pid, peer->uid, peer->gid};
}

result<unix_listener> unix_listener::open(const address& where, unix_listen_options options) {
    if (!is_of_unix(where)) return std::make_error_code(std::errc::address_family_not_supported);
    auto socket = new_socket(SOCK_STREAM);
    if (!socket) return kernel_error(errno);
    const auto bound = bind_to(socket, where, options);
    if (!bound) return bound.error();
    std::unique_ptr<file, remove> made;
    const std::string path(where.path());
    if (options.remove_file && !path.empty()) {
        if (const auto which = socket_file_at(path)) made.reset(new file(path, *which));
    }
    const auto listens = outcome_of(::listen(socket.number(), options.backlog));
    if (!listens) return listens.error();
    unix_listener door(std::move(socket));
    door.file_ = std::move(made);
    return door;
}

std::string unix_listener::url() const {
    const auto where = local_address();
    if (!where) return {};
    if (where->is_abstract()) return "unix:@" + url::encoded(where->abstract_name());
    const auto path = url::encoded(where->path(), "/");
    return (path.starts_with('/') ? "unix://" : "unix:") + path;
}

task<result<unix_stream>> connect_unix(address peer) {
    if (!is_of_unix(peer)) co_return std::make_error_code(std::errc::address_family_not_supported);
    // Non-blocking: a connect that waits for room would do so on a thread of the kernel, and for a
    // while where no cancel finds it.
    auto socket = new_socket(SOCK_STREAM | SOCK_NONBLOCK);
    if (!socket) co_return kernel_error(errno);
    for (auto pause = shortest_pause;; pause = std::min(2 * pause, longest_pause)) {
        const auto connected = co_await connect{.socket = socket, .address = peer};
        if (connected) break;
        if (connected.error() != std::errc::resource_unavailable_try_again)
            co_return connected.error();
        const auto slept = co_await sleep_for(pause);
        if (!slept) co_return slept.error();
    }
    const auto blocks = set_blocking(socket);
    if (!blocks) co_return blocks.error();
    co_return unix_stream(std::move(socket));
}

result<std::pair<unix_stream, unix_stream>> make_unix_pair() {
    int numbers[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, numbers) < 0)
        return kernel_error(errno);
    auto one = descriptor::adopt(numbers[0]);
    auto other = descriptor::adopt(numbers[1]);
    return std::pair(unix_stream(std::move(one)), unix_stream(std::move(other)));
}

}  // namespace lariat
