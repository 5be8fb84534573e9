#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace fuzz {

/// Makes new inputs of old ones: bytes changed, inserted, removed, doubled, two inputs joined.
class mutator {
  public:
    /// Requires: a corpus that is not empty.
    mutator(std::vector<std::string> corpus, std::uint64_t seed)
        : corpus_(std::move(corpus)), random_(seed) {}

    std::string next();

  private:
    std::size_t below(std::size_t most) { return most == 0 ? 0 : random_() % most; }
    void change(std::string& input);

    std::vector<std::string> corpus_;
    std::mt19937_64 random_;
};

}  // namespace fuzz
