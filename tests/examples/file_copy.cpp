// `file_copy FROM TO` copies a file and prints how far it is. Without arguments it makes a file of
// its own, copies that, compares the two and removes them.
#include <fcntl.h>
#include <stdlib.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "aio/op/file.hpp"
#include "aio/stream.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_any.hpp"

namespace io = lariat;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

/// Both tasks run on one thread, so plain numbers do.
struct progress {
    std::uint64_t done = 0;
    std::uint64_t size = 0;
};

io::task<io::result<void>> copy_bytes(io::descriptor_ref from, io::descriptor_ref to,
                                      progress& copied) {
    std::vector<std::byte> buffer(256 * 1024);
    for (;;) {
        const auto got = co_await io::or_return(co_await io::read{.file = from, .buffer = buffer});
        if (got == 0) break;
        co_await io::or_return(
            co_await io::write_all(to, io::const_buffer_view(buffer).first(got)));
        copied.done += got;
    }
    co_return co_await io::fsync{.file = to};
}

/// Goes on until it is cancelled.
io::task<> print_progress(const progress& copied) {
    for (;;) {
        std::cout << copied.done << " of " << copied.size << " bytes\n" << std::flush;
        const auto slept = co_await io::sleep_for(100ms);
        if (!slept) co_return;
    }
}

io::task<io::result<void>> copy_and_tell(fs::path from, fs::path to) {
    const auto source = co_await io::or_return(co_await io::open{.path = from});
    const auto status = co_await io::or_return(co_await io::stat::of(source));
    const auto target = co_await io::or_return(co_await io::open{
        .path = to, .flags = O_WRONLY | O_CREAT | O_TRUNC, .mode = status.permissions()});

    progress copied{.size = status.size()};
    auto ended = co_await io::when_any(copy_bytes(source, target, copied), print_progress(copied));
    std::cout << copied.done << " bytes copied\n";
    co_return ended.get<0>();
}

// What the test runs.
std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool try_it() {
    std::string name = fs::temp_directory_path() / "file_copy_XXXXXX";
    if (!::mkdtemp(name.data())) return false;
    const fs::path folder = name;
    std::string text;
    for (int line = 0; text.size() < 3'000'000; ++line) text += std::to_string(line) + '\n';
    std::ofstream(folder / "from", std::ios::binary) << text;

    const auto outcome = io::run(copy_and_tell(folder / "from", folder / "to"));
    const bool same = content(folder / "to") == text;
    fs::remove_all(folder);
    return outcome && same;
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) return try_it() ? 0 : 1;
    const auto outcome = io::run(copy_and_tell(words[1], words[2]));
    if (!outcome) std::cerr << "file_copy: " << outcome.error().message() << '\n';
    return outcome ? 0 : 1;
}
