#include "runtime/version.hpp"

namespace lariat {

std::string_view version() noexcept { return LARIAT_VERSION; }

}  // namespace lariat
