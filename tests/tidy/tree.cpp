#include "tests/tidy/tree.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace tidy {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> quoted(std::string_view text) {
    std::vector<std::string> found;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        line.erase(std::min(line.find('#'), line.size()));
        for (auto open = line.find('\''); open != line.npos; open = line.find('\'', open + 1)) {
            const auto close = line.find('\'', open + 1);
            if (close == line.npos) break;
            found.push_back(line.substr(open + 1, close - open - 1));
            open = close;
        }
    }
    return found;
}

bool is_source(std::string_view path) {
    const bool has_ending = path.ends_with(".hpp") || path.ends_with(".cpp");
    return has_ending && !path.starts_with('.');
}

void read_layer(tree& into, const fs::path& root, const std::string& layer) {
    const auto build_file = contents(root / layer / "meson.build");
    for (const auto& name : listed(build_file, layer + "_files")) {
        into.order.push_back(layer + "/" + name);
    }
    for (const auto& name : listed(build_file, layer + "_private")) {
        into.hidden.insert(layer + "/" + name);
    }
}

void read_folder(tree& into, const fs::path& root, const std::string& folder) {
    if (!fs::exists(root / folder)) return;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        auto path = fs::relative(entry.path(), root).generic_string();
        if (!entry.is_regular_file() || !is_source(path)) continue;
        into.sources.push_back({std::move(path), contents(entry.path())});
    }
}

}  // namespace

std::vector<std::string> listed(std::string_view build_file, std::string_view name) {
    const auto opening = "\n" + std::string(name) + " = [";
    const auto text = "\n" + std::string(build_file);
    const auto open = text.find(opening);
    if (open == text.npos) return {};
    const auto close = text.find("\n]", open);
    return quoted(std::string_view(text).substr(open, close - open));
}

std::vector<std::string> named_sources(std::string_view build_file) {
    auto names = quoted(build_file);
    std::erase_if(names, [](const std::string& name) { return !is_source(name); });
    return names;
}

tree read_tree(const fs::path& root) {
    tree made;
    for (const auto& entry : fs::directory_iterator(root)) {
        made.top.push_back(entry.path().filename().string());
    }
    for (const char* layer : {"runtime", "aio"}) read_layer(made, root, layer);
    for (const char* folder : {"tests", "tests/examples", "bench"}) {
        const auto build_file = root / folder / "meson.build";
        for (const auto& name : named_sources(contents(build_file))) {
            made.built.insert((fs::path(folder) / name).lexically_normal().generic_string());
        }
    }
    for (const char* folder : {"runtime", "aio", "tests", "bench"}) {
        read_folder(made, root, folder);
    }
    std::sort(made.sources.begin(), made.sources.end(),
              [](const source& a, const source& b) { return a.path < b.path; });
    return made;
}

}  // namespace tidy
