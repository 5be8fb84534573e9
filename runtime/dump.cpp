#include "runtime/dump.hpp"

#include <cstring>
#include <ostream>
#include <string_view>

#include "runtime/task.hpp"
#include "runtime/wait_report.hpp"
#include "runtime/waiter.hpp"

namespace lariat {
namespace {

std::chrono::milliseconds whole_milliseconds(duration span) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span);
}

const char* file_name(const char* path) noexcept {
    const char* slash = std::strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/// A coroutine's name without its type, parameters, and what a compiler adds to its body's.
std::string_view short_name(std::string_view name) noexcept {
    for (const std::string_view unnamed : {"(anonymous namespace)::", "{anonymous}::"}) {
        const std::size_t found = name.rfind(unnamed);
        if (found != name.npos) name.remove_prefix(found + unnamed.size());
    }
    name = name.substr(0, name.find('('));
    return name.substr(name.rfind(' ') + 1);
}

}  // namespace

void dump_writer::heading(std::size_t in_kernel, std::size_t timers) {
    out_ << "scheduler: " << in_kernel << " operations in the kernel, " << timers << " timers\n";
}

void dump_writer::line(strand& line) {
    ++depth_;
    if (line.leaf) {
        wait(*line.leaf);
    } else if (line.innermost) {
        indent();
        out_ << "ready to run\n";
    }
    tasks(line);
    if (line.leaf) line.leaf->show_lines(*this);
    line.scopes.for_each([&](strand_scope& scope) { scope.show_lines(*this); });
    --depth_;
}

void dump_writer::orphan(waiter& orphan) {
    ++depth_;
    wait(orphan);
    orphan.show_lines(*this);
    --depth_;
}

void dump_writer::scope(strand_scope& scope) { scope.show_lines(*this); }

void dump_writer::visit(strand& below) { line(below); }

void dump_writer::wait(waiter& wait) {
    wait_report report;
    wait.describe(report);
    indent();
    out_ << report.name;
    if (report.descriptor >= 0) out_ << " descriptor=" << report.descriptor;
    if (report.age.count() >= 0) out_ << " age=" << report.age.count() << "ms";
    if (report.deadline != never)
        out_ << " deadline_in=" << whole_milliseconds(report.deadline - now_).count() << "ms";
    if (*report.provider) out_ << " provider=" << report.provider;
    out_ << '\n';
}

void dump_writer::tasks(const strand& line) {
    for (auto* task = line.innermost; task; task = task->parent()) {
        const std::source_location where = task->where();
        indent();
        out_ << "  in "
             << (where.line() ? short_name(where.function_name()) : "a task that has not awaited");
        if (where.line())
            out_ << " (" << file_name(where.file_name()) << ':' << where.line() << ')';
        out_ << '\n';
    }
}

void dump_writer::indent() {
    for (int level = 0; level < depth_; ++level) out_ << "  ";
}

}  // namespace lariat
