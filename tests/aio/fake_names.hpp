#pragma once

#include <errno.h>

#include <atomic>
#include <cstring>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "aio/address.hpp"
#include "aio/resolve.hpp"

/// What was asked of it.
struct name_query {
    std::string host;
    std::string service;
    addrinfo hints{};
};

/// Answers as it is told to; while it is closed, a look-up blocks its thread.
class fake_names final : public lariat::name_source {
  public:
    std::vector<lariat::address> answer;
    int returned = 0;
    int number = 0;  ///< The errno that comes with it.

    void close() {
        opening_ = {};
        open_ = opening_.get_future().share();
    }
    void open() { opening_.set_value(); }

    int asked() const { return asked_; }
    /// Look-ups inside of it, and the most that there were.
    int inside() const { return inside_; }
    int most_inside() const { return most_inside_; }
    /// Lists that were found and not released.
    int alive() const { return alive_; }

    name_query last() const {
        const std::lock_guard held(lock_);
        return last_;
    }

    int look_up(const char* host, const char* service, const addrinfo& hints,
                addrinfo*& found) noexcept override {
        {
            const std::lock_guard held(lock_);
            last_ = {host ? host : "none", service ? service : "none", hints};
        }
        ++asked_;
        const int here = ++inside_;
        for (int seen = most_inside_; here > seen;) {
            if (most_inside_.compare_exchange_weak(seen, here)) break;
        }
        if (open_.valid()) open_.wait();
        --inside_;
        errno = number;
        if (returned == 0) found = list();
        return returned;
    }

    void release(addrinfo* found) noexcept override {
        if (found) --alive_;
        while (found) {
            addrinfo* const next = found->ai_next;
            delete reinterpret_cast<node*>(found);
            found = next;
        }
    }

  private:
    struct node {
        addrinfo info{};
        sockaddr_storage bytes{};
    };

    addrinfo* list() {
        addrinfo* first = nullptr;
        addrinfo** end = &first;
        for (const auto& one : answer) {
            auto* const made = new node;
            std::memcpy(&made->bytes, one.data(), one.size());
            made->info.ai_addr = reinterpret_cast<sockaddr*>(&made->bytes);
            made->info.ai_addrlen = one.size();
            *end = &made->info;
            end = &made->info.ai_next;
        }
        if (first) ++alive_;
        return first;
    }

    mutable std::mutex lock_;
    name_query last_;
    std::promise<void> opening_;
    std::shared_future<void> open_;
    std::atomic<int> asked_{0}, inside_{0}, most_inside_{0}, alive_{0};
};
