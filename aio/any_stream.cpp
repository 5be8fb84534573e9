#include "aio/any_stream.hpp"

namespace lariat {
namespace {

class absent_stream final : public stream_model {
  public:
    bool launch(stream_wait& wait) noexcept override {
        return wait.fail(make_error_code(error::closed));
    }
    void close() noexcept override {}
    bool is_open() const noexcept override { return false; }
    result<address> local_address() const override { return none(); }
    result<address> peer_address() const override { return none(); }
    descriptor_ref socket() const noexcept override { return {}; }
    void* get(const void*) noexcept override { return nullptr; }

  private:
    static std::error_code none() noexcept {
        return std::make_error_code(std::errc::bad_file_descriptor);
    }
};

}  // namespace

stream_model& any_stream::no_stream() noexcept {
    static absent_stream absent;
    return absent;
}

}  // namespace lariat
