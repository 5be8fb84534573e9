#include "aio/url.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "tests/fuzz/target.hpp"

namespace io = lariat;
using fuzz::expect;

namespace {

/// As RFC 3986, 5.3 has it.
std::string put_together(const io::url& whole) {
    std::string text(whole.scheme());
    text += ':';
    if (whole.has_authority()) {
        text += "//";
        // An empty name before the host cannot be told from none.
        const auto rest = whole.text().substr(text.size());
        if (!whole.userinfo().empty() || rest.starts_with('@'))
            text.append(whole.userinfo()).append("@");
        const bool in_brackets = whole.kind() == io::host_kind::v6;
        text.append(in_brackets ? "[" : "").append(whole.host()).append(in_brackets ? "]" : "");
        if (const auto port = whole.port()) text.append(":").append(std::to_string(*port));
    }
    text += whole.path();
    const auto rest = whole.text().substr(text.size());
    if (rest.starts_with('?')) text.append("?").append(whole.query());
    if (whole.text().substr(text.size()).starts_with('#'))
        text.append("#").append(whole.fragment());
    return text;
}

void judge_part(std::string_view part) {
    const std::string bytes = io::url::decoded(part);
    expect(bytes.size() <= part.size(), "a part stands for more than it has");
    const std::string again = io::url::encoded(bytes);
    expect(io::url::decoded(again) == bytes, "bytes are written as other ones");
}

}  // namespace

/// The first byte chooses whether a name before the host is taken. What is refused says where;
/// what is taken can be put together again, and is read again as the same.
void fuzz_url(std::span<const std::uint8_t> input) {
    using credentials = io::url::credentials;
    fuzz::reader choices(input);
    const auto policy = choices.one_of({credentials::refused, credentials::accepted});
    const std::string_view text = choices.rest();
    const auto whole = io::url::parse(text, policy);
    if (!whole) {
        expect(whole.error() == std::errc::invalid_argument, "an error that is none of a URL");
        expect(io::url_error_position(whole.error()) <= text.size(), "an error behind the end");
        expect(!whole.error().message().empty(), "an error without words");
        return;
    }
    expect(text.size() <= io::url::longest, "a URL that is too long");
    expect(whole->text().size() == text.size(), "the text has another size");
    expect(policy == credentials::accepted || whole->userinfo().empty(), "a name that is refused");
    expect(put_together(*whole) == whole->text(), "the parts are not the whole");
    const auto again = io::url::parse(whole->text(), policy);
    expect(again && *again == *whole, "a URL is read again as another one");
    for (const auto part :
         {whole->userinfo(), whole->host(), whole->path(), whole->query(), whole->fragment()})
        judge_part(part);
}
