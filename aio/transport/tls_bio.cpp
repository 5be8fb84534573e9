#include <openssl/err.h>

#include <algorithm>
#include <cstddef>
#include <system_error>

#include "aio/transport/tls_context_state.hpp"
#include "aio/transport/tls_engine_core.hpp"

// How OpenSSL moves sealed bytes: into and out of the memory of an engine.

namespace lariat {
namespace {

tls_engine::core& engine_of(BIO* bio) noexcept {
    return *static_cast<tls_engine::core*>(::BIO_get_data(bio));
}

int give(BIO* bio, char* into, std::size_t size, std::size_t* given) {
    tls_bytes& incoming = engine_of(bio).incoming;
    ::BIO_clear_retry_flags(bio);
    *given = std::min(size, incoming.size());
    if (*given == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    incoming.take(into, *given);
    return 1;
}

/// All is taken, always: OpenSSL has no half of a record to remember, and any step may follow.
int take(BIO* bio, const char* bytes, std::size_t size, std::size_t* taken) {
    tls_engine::core& engine = engine_of(bio);
    ::BIO_clear_retry_flags(bio);
    if (!engine.queued.append(bytes, size)) {
        engine.fail(std::make_error_code(std::errc::not_enough_memory));
        return 0;
    }
    *taken = size;
    return 1;
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int create(BIO* bio) {
    ::BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD* make_method() noexcept {
    BIO_METHOD* const made = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lariat");
    if (!made) return nullptr;
    ::BIO_meth_set_read_ex(made, &give);
    ::BIO_meth_set_write_ex(made, &take);
    ::BIO_meth_set_ctrl(made, &control);
    ::BIO_meth_set_create(made, &create);
    return made;
}

const BIO_METHOD* method() noexcept {
    static const bio_method_owner made(make_method());
    return made.get();
}

}  // namespace

std::error_code tls_engine::core::open() noexcept {
    ::ERR_clear_error();
    ssl.reset(::SSL_new(context.shared().native.get()));
    if (!ssl) return take_openssl_error();
    BIO* const bio = method() ? ::BIO_new(method()) : nullptr;
    if (!bio) return std::make_error_code(std::errc::not_enough_memory);
    ::BIO_set_data(bio, this);
    ::SSL_set_bio(ssl.get(), bio, bio);
    if (!::SSL_set_ex_data(ssl.get(), application, this)) return take_openssl_error();
    return {};
}

}  // namespace lariat
