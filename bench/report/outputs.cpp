#include "bench/report/outputs.hpp"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "bench/report/json_value.hpp"
#include "bench/report/page.hpp"

namespace bench {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
    throw std::runtime_error(path + ": " + std::generic_category().message(error));
}

/// What went wrong with any of several files, to be told when all were tried.
class complaints {
  public:
    template <class Attempt>
    void attempt(Attempt what) {
        try {
            what();
        } catch (const std::runtime_error& why) {
            text_ += (text_.empty() ? "" : "; ") + std::string(why.what());
        }
    }

    void raise() const {
        if (!text_.empty()) throw std::runtime_error(text_);
    }

  private:
    std::string text_;
};

}  // namespace

std::string read_file(const std::string& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) fail(path, errno);
    return text;
}

recording read_recording(const std::string& path) {
    try {
        return from_json(read_file(path));
    } catch (const bad_json& why) {
        throw std::runtime_error(path + ": " + why.what());
    }
}

output_file::output_file(std::string path) : path_(std::move(path)) {
    // To append: what is there stays for now.
    file_.reset(std::fopen(path_.c_str(), "ae"));
    if (!file_) fail(path_, errno);
}

void output_file::write(const std::string& text) {
    // What is no regular file has nothing to cut off.
    if (ftruncate(fileno(file_.get()), 0) != 0 && errno != EINVAL) fail(path_, errno);
    const bool written = std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size();
    const int error = errno;
    if (std::fclose(file_.release()) != 0) fail(path_, errno);
    if (!written) fail(path_, error);
}

output_files::output_files(const outputs& asked) {
    complaints failed;
    const auto open = [&](const std::string& path, writer text) {
        if (!path.empty()) failed.attempt([&] { files_.push_back({output_file(path), text}); });
    };
    open(asked.json, [](const recording& all, const comparison*) { return to_json(all); });
    open(asked.csv, [](const recording& all, const comparison*) { return to_csv(all); });
    open(asked.page,
         [](const recording& all, const comparison* since) { return to_html(all, since); });
    failed.raise();
}

void output_files::write(const recording& all, const comparison* since) {
    complaints failed;
    for (one_file& each : files_) failed.attempt([&] { each.file.write(each.text(all, since)); });
    failed.raise();
}

}  // namespace bench
