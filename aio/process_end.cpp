#include "aio/process_end.hpp"

#include <ostream>

namespace lariat {

process_end process_end::from(const siginfo_t& told) noexcept {
    if (told.si_code == CLD_EXITED) return exited(told.si_status);
    return killed(told.si_status, told.si_code == CLD_DUMPED);
}

std::string to_string(const process_end& end) {
    if (const auto status = end.status()) return "status " + std::to_string(*status);
    return "signal " + std::to_string(end.signal()) + (end.dumped_core() ? ", core dumped" : "");
}

std::ostream& operator<<(std::ostream& out, const process_end& end) {
    return out << to_string(end);
}

}  // namespace lariat
