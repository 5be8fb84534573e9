#include <algorithm>
#include <map>

#include "tests/tidy/rules.hpp"
#include "tests/tidy/text.hpp"

namespace tidy {
namespace {

bool in_library(const source& file) { return file.in("runtime/") || file.in("aio/"); }

bool is_ours(const include& one) {
    return one.path.starts_with("runtime/") || one.path.starts_with("aio/");
}

bool shows_io_uring(const include& one) {
    return one.path == "liburing.h" || one.path.starts_with("liburing/") ||
           one.path == "linux/io_uring.h";
}

bool shows_openssl(const include& one) { return one.path.starts_with("openssl/"); }

std::string at(const source& file, const include& one) {
    return file.path + ":" + std::to_string(one.line) + ": includes " + one.path;
}

std::set<std::string> reached_from(const tree& all, const std::string& start) {
    std::set<std::string> reached;
    std::vector<std::string> open{start};
    while (!open.empty()) {
        const auto path = open.back();
        open.pop_back();
        const auto file = std::find_if(all.sources.begin(), all.sources.end(),
                                       [&](const source& one) { return one.path == path; });
        if (file == all.sources.end()) continue;
        for (const auto& one : includes(file->text)) {
            if (reached.insert(one.path).second) open.push_back(one.path);
        }
    }
    return reached;
}

}  // namespace

complaints arrows_that_point_up(const tree& all) {
    std::map<std::string, std::size_t> height;
    for (const auto& path : all.order) height.emplace(path, height.size());
    complaints found;
    for (const auto& file : all.sources) {
        const auto own = height.find(file.path);
        if (own == height.end()) continue;
        for (const auto& one : includes(file.text)) {
            const auto other = height.find(one.path);
            if (other != height.end() && other->second >= own->second) {
                found.push_back(at(file, one) + ", which does not stand above it in meson.build");
            } else if (other == height.end() && (is_ours(one) || !one.angled)) {
                found.push_back(at(file, one) + ", which no meson.build lists under this path");
            }
        }
    }
    return found;
}

complaints files_and_lists_that_differ(const tree& all) {
    std::set<std::string> named(all.order.begin(), all.order.end());
    complaints found;
    if (named.size() != all.order.size()) found.push_back("meson.build: lists a file twice");
    named.insert(all.built.begin(), all.built.end());
    std::set<std::string> present;
    for (const auto& file : all.sources) {
        present.insert(file.path);
        if (named.contains(file.path) || (file.is_header() && !in_library(file))) continue;
        if (file.in("tests/install/") || file.is_precompiled()) continue;
        found.push_back(file.path + ": no meson.build lists it");
    }
    for (const auto& path : named) {
        if (!present.contains(path)) found.push_back(path + ": listed in meson.build, but missing");
    }
    for (const auto& path : all.hidden) {
        if (!named.contains(path)) found.push_back(path + ": private, but not listed as a file");
    }
    return found;
}

complaints liburing_out_of_place(const tree& all) {
    complaints found;
    for (const auto& file : all.sources) {
        if (!in_library(file)) continue;
        const bool allowed = file.in("runtime/ring.") || file.in("runtime/ring_") ||
                             file.in("runtime/kernel_abi.") || file.in("aio/op/");
        const bool installed = file.is_header() && !all.hidden.contains(file.path);
        for (const auto& one : includes(file.text)) {
            if (!shows_io_uring(one) || (allowed && !installed)) continue;
            found.push_back(at(file, one) + (installed ? " in a public header"
                                                       : " outside ring, kernel_abi and aio/op"));
        }
    }
    return found;
}

complaints openssl_out_of_place(const tree& all) {
    complaints found;
    for (const auto& file : all.sources) {
        if (!in_library(file)) continue;
        const bool allowed = file.in("aio/transport/tls") || file.in("aio/testing/certificates.");
        const bool installed = file.is_header() && !all.hidden.contains(file.path);
        for (const auto& one : includes(file.text)) {
            if (!shows_openssl(one) || (allowed && !installed)) continue;
            found.push_back(at(file, one) + (installed ? " in a public header" : " outside TLS"));
        }
    }
    return found;
}

complaints private_headers_in_public_ones(const tree& all) {
    complaints found;
    for (const auto& file : all.sources) {
        if (!in_library(file) || !file.is_header() || all.hidden.contains(file.path)) continue;
        for (const auto& one : includes(file.text)) {
            if (!all.hidden.contains(one.path)) continue;
            found.push_back(at(file, one) + ", which is not installed");
        }
    }
    return found;
}

complaints contract_that_reaches_the_ring(const tree& all) {
    complaints found;
    for (const char* contract : {"aio/aio.hpp", "aio/aio.cpp"}) {
        const auto reached = reached_from(all, contract);
        for (const char* kernel : {"runtime/ring.hpp", "runtime/scheduler.hpp"}) {
            if (!reached.contains(kernel)) continue;
            found.push_back(std::string(contract) + ": reaches " + kernel +
                            "; the contract must work without a kernel");
        }
    }
    return found;
}

complaints unexpected_entries(const tree& all) {
    static const std::set<std::string> expected{
        "runtime",           "aio",         "tests",     "bench", "meson.build",
        "meson_options.txt", "LICENSE.txt", "README.md",
    };
    complaints found;
    for (const auto& name : all.top) {
        // What .gitignore leaves out may lie around.
        const bool ignored = name.starts_with("build") || name == "compile_commands.json";
        if (name.starts_with('.') || ignored || expected.contains(name)) continue;
        found.push_back(name + ": not expected at the top level");
    }
    return found;
}

}  // namespace tidy
