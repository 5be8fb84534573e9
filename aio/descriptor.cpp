#include "aio/descriptor.hpp"

#include <unistd.h>

#include <cerrno>

#include "aio/op/direct_table.hpp"

namespace lariat {
namespace {

// Returns 0 or errno. A number that is not open has been closed behind the owner's back; by the
// next time it may be someone else's file.
int close_once(int number) noexcept {
    const int error = ::close(number) == 0 ? 0 : errno;
    check(error != EBADF, "descriptor: its number was closed, or never open, behind its back");
    return error;
}

}  // namespace

descriptor descriptor::adopt(int number) noexcept {
    check(number >= -1, "descriptor::adopt: a negative number; an error code of the kernel?");
    return descriptor(number);
}

descriptor descriptor::adopt(direct_table& table, int place) noexcept {
    table.opened();
    return descriptor(place, &table);
}

result<void> descriptor::close() noexcept {
    check(number_ >= 0, "descriptor::close: there is none to close");
    if (table_) {
        dispose();
        return {};
    }
    if (const int error = close_once(release())) return kernel_error(error);
    return {};
}

void descriptor::detach() noexcept {
    std::exchange(table_, nullptr)->detached();
    number_ = -1;
}

void descriptor::dispose() noexcept {
    if (direct_table* const table = std::exchange(table_, nullptr))
        table->close(std::exchange(number_, -1));
    else
        close_once(release());
}

}  // namespace lariat
