#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <ostream>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "aio/completion_source.hpp"
#include "aio/testing/contract_suite.hpp"
#include "aio/testing/fake_provider.hpp"
#include "aio/testing/stream_pair.hpp"
#include "tests/contract/plain_aio.hpp"

using namespace lariat::testing;

namespace {

/// A fake provider with as many operations as are asked for.
template <fake_kind Kind, fake_place Place>
struct fake_subject {
    explicit fake_subject(manual_home& at) : provider(at, Kind, Place) {}

    fake_operation& operation() { return operations.emplace_back(provider); }
    void complete() {
        if (!provider.give_up()) provider.succeed();
    }

    fake_provider provider;
    std::deque<fake_operation> operations;
};

/// The same, awaited as a temporary.
struct temporary_subject {
    explicit temporary_subject(manual_home& at) : provider(at, fake_kind::accepts_at_once) {}

    fake_operation operation() { return fake_operation(provider); }
    void complete() { provider.succeed(); }

    fake_provider provider;
};

struct receive_subject {
    explicit receive_subject(manual_home&) {}

    auto operation() { return pair.right().receive(room); }
    void complete() {
        // Sent by an operation of the other end, which nobody waits for.
        counting_consumer nobody;
        const std::array<std::byte, 1> one{};
        memory_transfer sending(pair.left(), lariat::const_buffer_view(one));
        sending.attach(nullptr, lariat::continuation(nobody));
        (void)sending.launch();
    }

    stream_pair pair;
    std::array<std::byte, 1> room{};
};

struct completion_subject {
    explicit completion_subject(manual_home&) {}

    static constexpr std::size_t at_once = 1;

    lariat::completion_source<int>& operation() { return sources.emplace_back(); }
    void complete() {
        std::thread([handle = sources.back().handle()]() mutable { handle.finish(1); }).join();
    }

    std::deque<lariat::completion_source<int>> sources;
};

/// One thread that does all finishing, whenever it gets to it.
struct threaded_subject {
    explicit threaded_subject(manual_home&) : thread([this] { work(); }) {}
    ~threaded_subject() {
        operations.clear();
        over = true;
        thread.join();
    }

    static constexpr std::size_t at_once = 1;
    static constexpr std::chrono::milliseconds patience{2000};

    struct read final : lariat::aio_awaitable<std::size_t> {
        explicit read(threaded_subject& owner) noexcept : owner_(owner) {}
        ~read() { retire(); }
        void start() noexcept override {
            owner_.why = {};
            if (defer(&give_up, &owner_)) owner_.current = this;
        }
        std::size_t value() noexcept override { return count(); }
        static void give_up(lariat::aio&, void* self, std::error_code reason) noexcept {
            auto& owner = *static_cast<threaded_subject*>(self);
            if (owner.told.load()) return;
            owner.why = reason;
            owner.told = true;
        }
        threaded_subject& owner_;
    };

    read& operation() { return operations.emplace_back(*this); }
    void complete() {
        if (!told.load()) told = true;
    }

    void work() {
        while (!over) {
            if (!told.load()) {
                std::this_thread::yield();
                continue;
            }
            lariat::aio* operation = std::exchange(current, nullptr);
            const std::error_code reason = why;
            told = false;
            if (operation) operation->finish(reason, reason ? 0 : 1);
        }
    }

    std::atomic<bool> told{false};  // Set: the thread has `current` and `why`.
    std::atomic<bool> over{false};
    lariat::aio* current = nullptr;
    std::error_code why;
    std::deque<read> operations;
    std::thread thread;
};

/// Breaks rules: it calls a cancel a success, and its work's end an error.
struct forgetful_subject {
    explicit forgetful_subject(manual_home&) {}

    static constexpr std::size_t at_once = 1;

    struct read final : lariat::aio_awaitable<std::size_t> {
        explicit read(forgetful_subject& owner) noexcept : owner_(owner) {}
        void start() noexcept override {
            if (defer(&give_up, &owner_)) owner_.pending = this;
        }
        std::size_t value() noexcept override { return count(); }
        static void give_up(lariat::aio& operation, void* self, std::error_code) noexcept {
            static_cast<forgetful_subject*>(self)->pending = nullptr;
            operation.finish({}, 0);
        }
        forgetful_subject& owner_;
    };

    read& operation() { return operations.emplace_back(*this); }
    void complete() {
        if (pending) std::exchange(pending, nullptr)->finish(broken);
    }

    lariat::aio* pending = nullptr;
    std::deque<read> operations;
};

template <class Subject>
void check_contract() {
    const auto failures = contract_failures<Subject>();

    for (const auto& each : failures) MESSAGE(each);
    CHECK(failures.empty());
}

}  // namespace

TEST_CASE("a provider that accepts cancel at once keeps the contract") {
    check_contract<fake_subject<fake_kind::accepts_at_once, fake_place::at_home>>();
    check_contract<fake_subject<fake_kind::accepts_at_once, fake_place::elsewhere>>();
    check_contract<temporary_subject>();
}

TEST_CASE("a provider that accepts cancel later keeps the contract") {
    check_contract<fake_subject<fake_kind::accepts_later, fake_place::at_home>>();
    check_contract<fake_subject<fake_kind::accepts_later, fake_place::elsewhere>>();
}

TEST_CASE("a provider that declines to cancel keeps the contract") {
    check_contract<fake_subject<fake_kind::declines, fake_place::at_home>>();
    check_contract<fake_subject<fake_kind::declines, fake_place::elsewhere>>();
}

TEST_CASE("a provider that cannot be cancelled keeps the contract") {
    check_contract<fake_subject<fake_kind::uncancelable, fake_place::at_home>>();
}

TEST_CASE("a stream in memory keeps the contract") { check_contract<receive_subject>(); }

TEST_CASE("a completion source finished on another thread keeps the contract") {
    check_contract<completion_subject>();
}

TEST_CASE("a provider that answers on a thread of its own keeps the contract, with patience") {
    check_contract<threaded_subject>();
}

TEST_CASE("the suite finds a provider that reports an error for work that was done") {
    const auto failures = contract_failures<forgetful_subject>();

    REQUIRE(!failures.empty());
    CHECK(failures.front().what == "an operation whose work was done ended with an error");
}
