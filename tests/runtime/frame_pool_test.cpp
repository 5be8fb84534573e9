#include "runtime/frame_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using lariat::frame_pool;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool recycles = false;
#elif defined(__has_feature)
constexpr bool recycles = !__has_feature(address_sanitizer);
#else
constexpr bool recycles = true;
#endif

}  // namespace

TEST_CASE("a frame that was released is handed out again for one of its class") {
    void* const first = frame_pool::allocate(100);
    frame_pool::release(first, 100);

    void* const again = frame_pool::allocate(128);

    if (recycles) CHECK(again == first);
    frame_pool::release(again, 128);
}

TEST_CASE("frames of different classes are not mixed up") {
    std::vector<std::pair<unsigned char*, std::size_t>> frames;
    for (std::size_t round = 0; round < 3; ++round) {
        for (std::size_t size = 1; size <= 4096; size += 61) {
            auto* frame = static_cast<unsigned char*>(frame_pool::allocate(size));
            std::memset(frame, static_cast<int>(size % 251), size);
            frames.emplace_back(frame, size);
        }
        std::size_t damaged = 0;
        for (const auto& [frame, size] : frames) {
            for (std::size_t i = 0; i < size; ++i) damaged += frame[i] != size % 251;
            frame_pool::release(frame, size);
        }
        frames.clear();

        CHECK(damaged == 0);
    }
}

TEST_CASE("frames are aligned for whatever a coroutine keeps in them") {
    for (std::size_t size = 1; size < 3000; size += 37) {
        void* const frame = frame_pool::allocate(size);

        CHECK(reinterpret_cast<std::uintptr_t>(frame) % __STDCPP_DEFAULT_NEW_ALIGNMENT__ == 0);
        frame_pool::release(frame, size);
    }
}

TEST_CASE("more frames than a class keeps go back to the heap") {
    std::vector<void*> frames;
    for (int i = 0; i < 10'000; ++i) frames.push_back(frame_pool::allocate(64));

    for (void* each : frames) frame_pool::release(each, 64);

    frame_pool::trim();
    void* const one = frame_pool::allocate(64);
    CHECK(one != nullptr);
    frame_pool::release(one, 64);
}

TEST_CASE("a frame may be released on another thread, and when that thread ends") {
    struct late {
        void* frame = nullptr;
        ~late() {
            if (frame) frame_pool::release(frame, 200);
        }
    };
    void* const early = frame_pool::allocate(200);
    void* const at_the_end = frame_pool::allocate(200);

    std::thread([&] {
        static thread_local late last;
        last.frame = at_the_end;
        frame_pool::release(early, 200);
        frame_pool::release(frame_pool::allocate(200), 200);
    }).join();

    CHECK(true);  // The address sanitizer sees a frame that is lost or freed twice.
}
