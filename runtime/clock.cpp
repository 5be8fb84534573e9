#include "runtime/clock.hpp"

namespace lariat {
namespace {

class monotonic final : public clock {
  public:
    time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
};

constexpr monotonic instance;

}  // namespace

const clock& clock::system() noexcept { return instance; }

}  // namespace lariat
