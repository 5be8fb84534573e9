#include "aio/resolve.hpp"

#include <errno.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "aio/completion_source.hpp"
#include "runtime/cancelled.hpp"
#include "runtime/error.hpp"

namespace lariat {
namespace {

class system_names final : public name_source {
  public:
    int look_up(const char* host, const char* service, const addrinfo& hints,
                addrinfo*& found) noexcept override {
        return ::getaddrinfo(host, service, &hints, &found);
    }
    void release(addrinfo* found) noexcept override { ::freeaddrinfo(found); }
};

addrinfo hints_of(const resolve_options& options) noexcept {
    addrinfo hints{};
    hints.ai_family = static_cast<int>(options.family);
    hints.ai_socktype = static_cast<int>(options.type);
    if (options.passive) hints.ai_flags |= AI_PASSIVE;
    if (options.numeric_host) hints.ai_flags |= AI_NUMERICHOST;
    if (options.numeric_service) hints.ai_flags |= AI_NUMERICSERV;
    return hints;
}

result<std::vector<address>> addresses_in(const addrinfo* list, std::size_t most) noexcept {
    try {
        std::vector<address> all;
        for (const addrinfo* each = list; each && all.size() < most; each = each->ai_next) {
            const auto one = address::from(each->ai_addr, each->ai_addrlen);
            if (one && std::find(all.begin(), all.end(), *one) == all.end()) all.push_back(*one);
        }
        if (all.empty()) return make_error_code(resolve_error::no_address);
        return all;
    } catch (const std::bad_alloc&) {
        return std::make_error_code(std::errc::not_enough_memory);
    }
}

const char* or_none(const std::string& text) noexcept {
    return text.empty() ? nullptr : text.c_str();
}

/// A look-up with all that it needs, so that whoever waits may go. It owns itself from `submit`
/// until it has run or was taken back.
class question final : public thread_pool::job {
  public:
    using answer_handle = completion_handle<std::vector<address>>;

    question(std::string host, std::string service, const resolve_options& options,
             answer_handle answer) noexcept
        : host_(std::move(host)),
          service_(std::move(service)),
          hints_(hints_of(options)),
          most_(options.most),
          source_(options.source ? *options.source : name_source::system()),
          answer_(std::move(answer)) {}

    std::shared_ptr<question> self;

  private:
    void execute() noexcept override {
        const auto kept = std::move(self);
        // Who waits may end the source as soon as it has its answer.
        auto all = ask();
        if (all)
            answer_.finish(*std::move(all));
        else
            answer_.fail(all.error());
    }

    result<std::vector<address>> ask() noexcept {
        addrinfo* found = nullptr;
        errno = 0;
        const int returned = source_.look_up(or_none(host_), or_none(service_), hints_, found);
        if (returned != 0) return resolve_failure(returned, errno);
        auto all = addresses_in(found, most_);
        source_.release(found);
        return all;
    }

    const std::string host_;
    const std::string service_;
    const addrinfo hints_;
    const std::size_t most_;
    name_source& source_;
    answer_handle answer_;
};

/// A question that nobody waits for any more, and that has no thread yet, is not asked.
class recall {
  public:
    recall(thread_pool& pool, std::shared_ptr<question> asked) noexcept
        : pool_(pool), asked_(std::move(asked)) {}
    recall(const recall&) = delete;
    recall& operator=(const recall&) = delete;
    ~recall() {
        if (pool_.take_back(*asked_)) asked_->self.reset();
    }

  private:
    thread_pool& pool_;
    std::shared_ptr<question> asked_;
};

}  // namespace

name_source& name_source::system() noexcept {
    static system_names instance;
    return instance;
}

task<result<std::vector<address>>> resolve(std::string host, std::string service,
                                           resolve_options options) {
    if (const auto why = cancelled()) co_return why;
    if (host.find('\0') != host.npos || service.find('\0') != service.npos)
        co_return std::make_error_code(std::errc::invalid_argument);
    completion_source<std::vector<address>> answer;
    thread_pool& pool = options.pool ? *options.pool : thread_pool::common();
    const auto asked =
        std::make_shared<question>(std::move(host), std::move(service), options, answer.handle());
    asked->self = asked;
    if (const auto refused = pool.submit(*asked)) {
        asked->self.reset();
        co_return refused;
    }
    const recall at_end(pool, asked);
    co_return co_await answer;
}

}  // namespace lariat
