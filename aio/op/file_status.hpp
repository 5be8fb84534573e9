#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace lariat {

enum class file_type : std::uint8_t {
    unknown,
    regular,
    directory,
    symbolic_link,
    pipe,
    socket,
    character_device,
    block_device,
};

/// Returns: the type that the upper bits of `mode` name.
/// Source: inode(7).
file_type type_of(mode_t mode) noexcept;

/// What the kernel knows of a file. A value without ownership; all zero until it was asked for.
/// Source: statx(2).
class file_status {
  public:
    /// The clock of the file system. A time out of range, before 1678 or after 2261, is given as
    /// the nearest one inside.
    using time = std::chrono::sys_time<std::chrono::nanoseconds>;

    file_status() noexcept = default;
    explicit file_status(const struct ::statx& raw) noexcept : raw_(raw) {}

    file_type type() const noexcept { return type_of(raw_.stx_mode); }
    bool is_regular() const noexcept { return type() == file_type::regular; }
    bool is_directory() const noexcept { return type() == file_type::directory; }

    /// Returns: the nine permission bits, set-user-id, set-group-id and the sticky bit.
    mode_t permissions() const noexcept { return raw_.stx_mode & 07777U; }

    /// Returns: the length in bytes; 0 for what has none, such as a pipe.
    std::uint64_t size() const noexcept { return raw_.stx_size; }

    /// Returns: the bytes that the file takes on its medium: fewer than `size()` if it has holes.
    std::uint64_t allocated() const noexcept { return raw_.stx_blocks * 512; }

    /// Returns: the size in bytes that reads and writes of this file do best in.
    std::uint32_t block_size() const noexcept { return raw_.stx_blksize; }

    std::uint32_t links() const noexcept { return raw_.stx_nlink; }
    uid_t owner() const noexcept { return raw_.stx_uid; }
    gid_t group() const noexcept { return raw_.stx_gid; }

    /// Two files with the same device and inode are one.
    dev_t device() const noexcept;
    std::uint64_t inode() const noexcept { return raw_.stx_ino; }

    /// Returns: the device that a character or block device file stands for.
    dev_t special_device() const noexcept;

    time accessed() const noexcept { return time_of(raw_.stx_atime); }

    /// The content changed last.
    time modified() const noexcept { return time_of(raw_.stx_mtime); }

    /// The content, owner, permissions or links changed last.
    time changed() const noexcept { return time_of(raw_.stx_ctime); }

    /// Returns: nothing where the file system does not keep it.
    std::optional<time> created() const noexcept;

    /// What has no name here: attributes, the mask of what the file system filled in.
    const struct ::statx& raw() const noexcept { return raw_; }

    /// For the operation that asks: where the kernel writes.
    struct ::statx& storage() noexcept { return raw_; }

  private:
    static time time_of(const struct ::statx_timestamp& stamp) noexcept;

    struct ::statx raw_ = {};
};

}  // namespace lariat
