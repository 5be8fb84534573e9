#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "aio/descriptor.hpp"
#include "tests/aio/op/answer.hpp"

/// A directory that goes with the test.
class scratch {
  public:
    scratch() {
        auto name = (std::filesystem::temp_directory_path() / "lariat-XXXXXX").native();
        if (!::mkdtemp(name.data())) throw std::runtime_error("no directory for a test");
        path_ = name;
    }
    ~scratch() { std::filesystem::remove_all(path_); }

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path file() const { return path_ / "file"; }

  private:
    std::filesystem::path path_;
};

inline lariat::descriptor made(const std::filesystem::path& path, std::string_view text = {}) {
    auto file = lariat::descriptor::adopt(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file) throw std::runtime_error("no file for a test");
    put(file, text);
    if (::lseek(file.number(), 0, SEEK_SET) != 0) throw std::runtime_error("a test cannot seek");
    return file;
}
