#include "bench/report/outputs.hpp"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "bench/report/json_value.hpp"
#include "bench/report/page.hpp"

namespace bench {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
    throw std::runtime_error(path + ": " + std::generic_category().message(error));
}

}  // namespace

std::string read_file(const std::string& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) fail(path, errno);
    return text;
}

void write_file(const std::string& path, const std::string& text) {
    std::FILE* file = std::fopen(path.c_str(), "we");
    if (!file) fail(path, errno);
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (std::fclose(file) != 0 || !written) fail(path, errno);
}

recording read_recording(const std::string& path) {
    try {
        return from_json(read_file(path));
    } catch (const bad_json& why) {
        throw std::runtime_error(path + ": " + why.what());
    }
}

void write_files(const recording& all, const comparison* since, const outputs& asked) {
    if (!asked.json.empty()) write_file(asked.json, to_json(all));
    if (!asked.csv.empty()) write_file(asked.csv, to_csv(all));
    if (!asked.page.empty()) write_file(asked.page, to_html(all, since));
}

}  // namespace bench
