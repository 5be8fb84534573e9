#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/report/compare.hpp"
#include "bench/report/recording.hpp"

namespace bench {

/// Files to write; an empty name: not asked for.
struct outputs {
    std::string json;
    std::string csv;
    std::string page;
};

/// Errors: throws `std::runtime_error`, with the path.
std::string read_file(const std::string& path);

/// Errors: throws `std::runtime_error` for a file that cannot be read, or holds no report.
recording read_recording(const std::string& path);

/// A file that is opened before there is anything to write: one that cannot be written is known
/// before the work is done. Until then it keeps what it holds.
class output_file {
  public:
    /// Errors: throws `std::runtime_error`, with the path.
    explicit output_file(std::string path);

    /// Once. Errors: throws `std::runtime_error`, with the path.
    void write(const std::string& text);

  private:
    struct closer {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };

    std::string path_;
    std::unique_ptr<std::FILE, closer> file_;
};

/// All that are asked for.
class output_files {
  public:
    /// Errors: throws `std::runtime_error` that names each file that cannot be opened.
    explicit output_files(const outputs& asked);

    /// `since`: what changed since an older run; null: nothing is said of one.
    /// Errors: throws `std::runtime_error` that names each file that cannot be written; the others
    /// are.
    void write(const recording& all, const comparison* since);

  private:
    using writer = std::string (*)(const recording&, const comparison*);
    struct one_file {
        output_file file;
        writer text;
    };

    std::vector<one_file> files_;
};

}  // namespace bench
