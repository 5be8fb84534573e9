#include "aio/run_process.hpp"

#include <functional>
#include <system_error>
#include <utility>

#include "aio/pipe_stream.hpp"
#include "aio/stream.hpp"
#include "runtime/scope.hpp"

namespace lariat {
namespace {

std::string_view as_text(const std::vector<std::byte>& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The first error of those that work at the same time: it cancels the others, and theirs says no
/// more.
using first_error = std::error_code;

result<void> noted(std::error_code why, first_error& first) noexcept {
    if (!first) first = why;
    return why;
}

task<result<void>> feed(pipe_writer& input, const_buffer_view bytes, first_error& first) {
    const auto sent = co_await write_all(input, bytes);
    input.close();
    // A program may know enough before it has read all.
    if (sent || sent.error() == std::errc::broken_pipe) co_return {};
    co_return noted(sent.error(), first);
}

task<result<void>> collect(pipe_reader& from, std::size_t limit, std::vector<std::byte>& to,
                           first_error& first) {
    auto bytes = co_await read_to_end(from, limit);
    if (!bytes) co_return noted(bytes.error(), first);
    to = *std::move(bytes);
    co_return {};
}

}  // namespace

std::string_view finished_process::output_text() const noexcept { return as_text(output); }
std::string_view finished_process::error_text() const noexcept { return as_text(errors); }

task<result<finished_process>> run_process(command what, run_options options) {
    auto child = co_await or_return(child_process::start(what, {.input = child_stream::piped,
                                                                .output = child_stream::piped,
                                                                .errors = options.errors,
                                                                .environment = options.environment,
                                                                .directory = options.directory,
                                                                .own_group = options.own_group}));
    std::vector<std::byte> output, errors;
    first_error failure;
    task_scope work(scope_policy::fail_fast);
    work.spawn(feed(child.input(), options.input, failure));
    work.spawn(collect(child.output(), options.limit, output, failure));
    if (child.errors().is_open())
        work.spawn(collect(child.errors(), options.limit, errors, failure));
    co_await work.join();
    if (failure) co_return failure;
    const auto end = co_await or_return(co_await child.wait());
    co_return finished_process{end, std::move(output), std::move(errors)};
}

}  // namespace lariat
