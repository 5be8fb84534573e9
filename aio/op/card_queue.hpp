#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace lariat {

class ring;

/// Which receive queue of a network card writes into memory of the program, and how much of it.
struct zero_copy_options {
    std::string interface;       ///< By name: "eth0".
    unsigned queue = 0;          ///< Of the card; traffic is steered to it with ethtool(8).
    std::size_t size = 1 << 24;  ///< Bytes, rounded up to pages; at most 4 GiB less one page.
};

/// The ring through which the kernel gets memory back that was read.
class refill_ring {
  public:
    refill_ring() = default;

    /// Over memory that is shared with the kernel: its head, our tail, and so many entries of 16
    /// bytes. Requires: a power of two.
    refill_ring(const std::uint32_t* head, std::uint32_t* tail, std::byte* entries,
                std::uint32_t count) noexcept
        : head_(head), tail_(tail), entries_(entries), count_(count) {}

    /// Returns: false when the kernel has to take some first.
    bool put(std::uint64_t place, std::uint32_t length) noexcept;

  private:
    const std::uint32_t* head_ = nullptr;
    std::uint32_t* tail_ = nullptr;
    std::byte* entries_ = nullptr;
    std::uint32_t count_ = 0;
};

/// Memory that a card's queue writes into, and the way back. What is registered stays so until the
/// ring ends; the kernel keeps the pages for as long.
class card_queue {
  public:
    /// Memory alone, which no card knows; `register_with` tells the kernel of it.
    /// Errors: throws `std::system_error` (invalid_argument, not_enough_memory).
    explicit card_queue(std::size_t size);
    card_queue(card_queue&&) = default;
    card_queue& operator=(card_queue&&) = delete;

    /// Errors: throws `std::system_error`: function_not_supported before Linux 6.15, or when the
    /// ring is not wide; no_such_device; operation_not_permitted without CAP_NET_ADMIN;
    /// not_supported by a card that cannot, or does not part headers from data.
    /// Source: io_uring_register(2), IORING_REGISTER_ZCRX_IFQ.
    void register_with(ring& kernel, const zero_copy_options& options);

    std::span<std::byte> memory() const noexcept { return {memory_.get(), size_}; }

    /// The refill ring before it is registered: head and tail, and the entries a page further.
    std::span<std::byte> refills() const noexcept {
        return {shared_.get(), shared_.get_deleter().size};
    }

    /// What an entry calls it.
    std::uint32_t number() const noexcept { return number_; }

    /// Gives bytes of an answer back.
    /// Returns: false when the kernel has to take some first.
    bool give_back(std::uint32_t place, std::uint32_t length) noexcept {
        return refill_.put(token_ | place, length);
    }

  private:
    struct unmap {
        std::size_t size;
        void operator()(std::byte* memory) const noexcept;
    };
    using mapped = std::unique_ptr<std::byte, unmap>;

    static mapped map(std::size_t size);

    std::size_t size_;
    mapped memory_;
    std::uint32_t entries_;
    mapped shared_;  // The refill ring.
    refill_ring refill_;
    std::uint64_t token_ = 0;
    std::uint32_t number_ = 0;
};

}  // namespace lariat
