#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tidy {

struct source {
    std::string path;  // from the root, with '/'
    std::string text;

    bool is_header() const { return path.ends_with(".hpp"); }
    bool in(std::string_view folder) const { return path.starts_with(folder); }
    /// Whether it only makes others compile faster.
    bool is_precompiled() const { return path.find("/precompiled/") != std::string::npos; }
};

/// What the rules look at: read from the disk once, or made up by a test of the rules themselves.
struct tree {
    std::vector<std::string> top;    // names of the entries of the root
    std::vector<std::string> order;  // the files of runtime, then of aio, bottom first
    std::set<std::string> hidden;    // headers that are not installed
    std::set<std::string> built;     // what the build files of tests and bench name
    std::vector<source> sources;
};

/// One sentence per fault, each starting with the file's path.
using complaints = std::vector<std::string>;

tree read_tree(const std::filesystem::path& root);

/// Returns: the quoted names in the list `name = [...]` of a build file, comments left out.
std::vector<std::string> listed(std::string_view build_file, std::string_view name);

/// Returns: every quoted name in a build file that ends in `.cpp` or `.hpp`.
std::vector<std::string> named_sources(std::string_view build_file);

}  // namespace tidy
