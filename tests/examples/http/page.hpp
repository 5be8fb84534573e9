#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "aio/descriptor.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"
#include "tests/examples/http/request.hpp"

namespace http {

/// What is sent for a path.
struct page {
    std::string head;         ///< Status line and fields, without the empty line behind them.
    std::string body;         ///< Whole, unless there is a file.
    lariat::descriptor file;  ///< Too long to be kept: read while it is sent.
    std::uint64_t size = 0;   ///< Of either.
};

using shared_page = std::shared_ptr<const page>;

/// Returns: a page that says no more than what happened.
const page& page_of(status what);

/// The pages below a folder, of which short ones are kept for a moment; "/" is always there.
/// Threads: those of one scheduler.
class site {
  public:
    /// Without a folder there is only "/". Lifetime: the folder stays open.
    explicit site(lariat::descriptor_ref folder) : folder_(folder) {}

    /// Returns: null for one that is not known, or has been for too long: `look_up` asks the disk.
    /// Lifetime: until the next `look_up`.
    const shared_page* known(std::string_view path, lariat::time_point now) const;

    /// Whatever the path says, the file is below the folder: the kernel sees to it.
    /// Errors: those of `open` and `read`; no_such_file_or_directory for what is no file.
    lariat::task<lariat::result<shared_page>> look_up(std::string path);

  private:
    struct entry {
        shared_page what;
        lariat::time_point until;
    };
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };

    void keep(std::string path, const shared_page& what);

    lariat::descriptor_ref folder_;
    std::unordered_map<std::string, entry, hash, std::equal_to<>> kept_;
    std::size_t kept_bytes_ = 0;
};

}  // namespace http
