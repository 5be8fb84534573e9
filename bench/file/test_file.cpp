#include "bench/file/test_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <system_error>
#include <vector>

namespace bench {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// It lives as long as the process: filling it takes longer than a round.
int nameless_file(std::size_t pages) {
    static int file = -1;
    static std::size_t filled = 0;
    if (file < 0) {
        const char* chosen = std::getenv("TMPDIR");
        const std::string directory = chosen && *chosen ? chosen : "/var/tmp";
        file = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (file < 0) fail("a temporary file in " + directory);
    }
    const std::vector<char> content(page * 256, 'x');
    for (; filled < pages; filled += 256) {
        const auto place = static_cast<off_t>(filled * page);
        if (pwrite(file, content.data(), content.size(), place) !=
            static_cast<ssize_t>(content.size()))
            fail("filling the temporary file");
    }
    return file;
}

}  // namespace

test_file::test_file(const job& work, int access)
    : pages_(static_cast<std::size_t>(work.with["megabytes"]) * 256) {
    const int file = nameless_file(pages_);
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    const bool direct = work.with["direct"] != 0;
    if ((direct || access != O_RDONLY) && fdatasync(file) != 0) fail("fdatasync");
    descriptor_ = open(path.c_str(), access | O_CLOEXEC | (direct ? O_DIRECT : 0));
    if (descriptor_ < 0 && errno == EINVAL)
        throw unavailable("this file system has no O_DIRECT; set TMPDIR to one that has");
    if (descriptor_ < 0) fail("opening the temporary file");
}

test_file::~test_file() { close(descriptor_); }

std::string test_file::path() const {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_);
}

page_buffers::page_buffers(std::size_t count)
    : memory_(static_cast<std::byte*>(std::aligned_alloc(page, page * count))) {
    if (!memory_) throw std::bad_alloc();
    std::memset(memory_.get(), 'x', page * count);
}

}  // namespace bench
