#include "aio/any_listener.hpp"

namespace lariat {
namespace {

class absent_listener final : public listener_model {
  public:
    task<result<any_stream>> accept() override { co_return error::closed; }
    void close() noexcept override {}
    bool is_open() const noexcept override { return false; }
    result<address> local_address() const override {
        return std::make_error_code(std::errc::bad_file_descriptor);
    }
    std::string url() const override { return {}; }
    void* get(const void*) noexcept override { return nullptr; }
};

}  // namespace

listener_model& any_listener::no_listener() noexcept {
    static absent_listener absent;
    return absent;
}

}  // namespace lariat
