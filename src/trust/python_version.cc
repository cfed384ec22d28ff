#include "trust/python_version.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <memory>
#include <utility>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxVersion = 256;
constexpr std::size_t kMaxDigits = 18;
constexpr std::string_view kPypi = "pkg:pypi/";
constexpr std::string_view kSeparators = ".-_";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::optional<std::uint64_t> number_of(std::string_view digits) {
  std::uint64_t number = 0;
  if (digits.empty() || digits.size() > kMaxDigits) return std::nullopt;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::string_view digits_at(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

}  // namespace

// VersionParser reads one version from the left to the right.
class VersionParser {
 public:
  explicit VersionParser(std::string_view text) : rest_(text) {}

  std::optional<PythonVersion> parse() && {
    if (rest_.starts_with('v')) rest_.remove_prefix(1);
    if (!epoch() || !release()) return std::nullopt;
    phase();
    post();
    development();
    if (!local() || !rest_.empty() || too_long_) return std::nullopt;
    return std::move(found_);
  }

 private:
  using Phase = PythonVersion::Phase;

  // number takes digits; 0 where there are none, as PEP 440 reads "1.0a".
  std::uint64_t number() {
    const std::string_view digits = digits_at(rest_);
    rest_.remove_prefix(digits.size());
    if (digits.empty()) return 0;
    const auto value = number_of(digits);
    if (!value) too_long_ = true;
    return value.value_or(0);
  }

  bool epoch() {
    const std::string_view digits = digits_at(rest_);
    if (digits.empty()) return false;
    if (rest_.substr(digits.size()).starts_with('!')) {
      found_.epoch_ = number();
      rest_.remove_prefix(1);
    }
    return true;
  }

  bool release() {
    if (digits_at(rest_).empty()) return false;
    found_.release_.push_back(number());
    while (rest_.size() > 1 && rest_[0] == '.' && is_digit(rest_[1])) {
      rest_.remove_prefix(1);
      found_.release_.push_back(number());
    }
    return true;
  }

  void separator() {
    if (!rest_.empty() && kSeparators.find(rest_.front()) != std::string_view::npos) rest_.remove_prefix(1);
  }

  // word takes one of them behind a separator, and the number behind it, which `number` is
  // set to; nothing is taken where none is there.
  bool word(std::initializer_list<std::string_view> words, std::uint64_t& value) {
    const std::string_view before = rest_;
    separator();
    for (const std::string_view one : words) {
      if (!rest_.starts_with(one)) continue;
      rest_.remove_prefix(one.size());
      const std::string_view behind = rest_;
      separator();
      // The separator belongs to a number, or to what comes next.
      if (!rest_.empty() && !is_digit(rest_.front())) rest_ = behind;
      value = number();
      return true;
    }
    rest_ = before;
    return false;
  }

  void phase() {
    std::uint64_t& value = found_.phase_number_;
    if (word({"alpha", "a"}, value)) {
      found_.phase_ = Phase::kAlpha;
    } else if (word({"beta", "b"}, value)) {
      found_.phase_ = Phase::kBeta;
    } else if (word({"preview", "pre", "rc", "c"}, value)) {
      found_.phase_ = Phase::kCandidate;
    }
  }

  void post() {
    std::uint64_t value = 0;
    if (rest_.size() > 1 && rest_[0] == '-' && is_digit(rest_[1])) {
      rest_.remove_prefix(1);
      value = number();
    } else if (!word({"post", "rev", "r"}, value)) {
      return;
    }
    found_.post_ = static_cast<std::int64_t>(value);
  }

  void development() {
    std::uint64_t value = 0;
    if (!word({"dev"}, value)) return;
    found_.development_ = static_cast<std::int64_t>(value);
    if (found_.phase_ == Phase::kRelease && found_.post_ < 0) found_.phase_ = Phase::kDevelopment;
  }

  bool local() {
    if (!rest_.starts_with('+')) return true;
    do {
      rest_.remove_prefix(1);
      const auto end = std::ranges::find_if_not(rest_, [](char c) { return is_digit(c) || is_letter(c); });
      const std::string_view part = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
      if (part.empty()) return false;
      add_local(part);
      rest_.remove_prefix(part.size());
    } while (!rest_.empty() && kSeparators.find(rest_.front()) != std::string_view::npos);
    return true;
  }

  void add_local(std::string_view part) {
    if (!std::ranges::all_of(part, is_digit)) {
      found_.local_.push_back({false, 0, std::string(part)});
      return;
    }
    const auto value = number_of(part);
    if (!value) too_long_ = true;
    found_.local_.push_back({true, value.value_or(0), {}});
  }

  std::string_view rest_;
  bool too_long_ = false;
  PythonVersion found_;
};

std::optional<PythonVersion> PythonVersion::parse(std::string_view text) {
  if (text.size() > kMaxVersion) return std::nullopt;
  return VersionParser(lower(trimmed(text))).parse();
}

PythonVersion PythonVersion::without_local() const {
  PythonVersion result = *this;
  result.local_.clear();
  return result;
}

bool PythonVersion::begins_with(const PythonVersion& prefix) const {
  if (epoch_ != prefix.epoch_) return false;
  for (std::size_t i = 0; i < prefix.release_.size(); ++i)
    if ((i < release_.size() ? release_[i] : 0) != prefix.release_[i]) return false;
  return true;
}

std::optional<PythonVersion> PythonVersion::series() const {
  if (release_.size() < 2) return std::nullopt;
  PythonVersion result;
  result.epoch_ = epoch_;
  result.release_.assign(release_.begin(), release_.end() - 1);
  return result;
}

std::strong_ordering PythonVersion::operator<=>(const PythonVersion& other) const {
  // Zeros at the end do not count: 1.0 is 1.
  auto significant = [](std::vector<std::uint64_t> release) {
    while (!release.empty() && release.back() == 0) release.pop_back();
    return release;
  };
  if (const auto epochs = epoch_ <=> other.epoch_; epochs != 0) return epochs;
  if (const auto releases = significant(release_) <=> significant(other.release_); releases != 0) return releases;
  if (const auto phases = phase_ <=> other.phase_; phases != 0) return phases;
  if (const auto numbers = phase_number_ <=> other.phase_number_; numbers != 0) return numbers;
  if (const auto posts = post_ <=> other.post_; posts != 0) return posts;
  if (const auto days = development_ <=> other.development_; days != 0) return days;
  return local_ <=> other.local_;
}

// --- ranges

std::string normal_package_name(std::string_view name) {
  std::string result;
  for (const char c : lower(name)) {
    const bool separator = kSeparators.find(c) != std::string_view::npos;
    if (!separator) result += c;
    if (separator && !result.ends_with('-')) result += '-';
  }
  return result;
}

namespace {

bool is_package_name(std::string_view name) {
  auto inner = [](char c) { return is_digit(c) || is_letter(c) || kSeparators.find(c) != std::string_view::npos; };
  auto outer = [](char c) { return is_digit(c) || is_letter(c); };
  return !name.empty() && std::ranges::all_of(name, inner) && outer(name.front()) && outer(name.back());
}

std::unexpected<Error> malformed(std::string_view text, std::string what) {
  return refuse(ErrorCode::kPolicyMalformed, std::move(what), excerpt(text),
                "name a package of PyPI and its versions, such as torch<2.6 or pkg:pypi/torch>=2.5,<2.5.1");
}

}  // namespace

Result<PackageRange> PackageRange::parse(const std::string& text) {
  PackageRange range;
  range.text_ = text;
  std::string_view rest = trimmed(text);
  if (rest.starts_with(kPypi)) rest.remove_prefix(kPypi.size());
  const std::size_t end = std::min(rest.find_first_of("<>=!~"), rest.size());
  const std::string name = lower(trimmed(rest.substr(0, end)));
  if (!is_package_name(name)) return malformed(text, "does not name a package of PyPI");
  range.name_ = normal_package_name(name);
  rest.remove_prefix(end);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    WM_CHECK(add_bound(trimmed(rest.substr(0, comma)), range));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return range;
}

Result<void> PackageRange::add_bound(std::string_view text, PackageRange& range) {
  using enum Relation;
  static constexpr std::array<std::pair<std::string_view, Relation>, 7> kSigns{
      {{"<=", kAtMost}, {">=", kAtLeast}, {"==", kIs}, {"!=", kIsNot}, {"~=", kAtLeast}, {"<", kBelow}, {">", kAbove}}};
  const auto sign = std::ranges::find_if(kSigns, [&](const auto& one) { return text.starts_with(one.first); });
  if (sign == kSigns.end()) return malformed(range.text_, fmt::format("\"{}\" is no bound", excerpt(text)));
  std::string_view bare = trimmed(text.substr(sign->first.size()));
  const bool prefix = bare.ends_with(".*");
  if (prefix) bare.remove_suffix(2);
  const auto version = PythonVersion::parse(bare);
  const bool equality = sign->second == kIs || sign->second == kIsNot;
  if (!version || (prefix && !equality))
    return malformed(range.text_, fmt::format("\"{}\" is no version by PEP 440", excerpt(bare)));
  range.bounds_.push_back({sign->second, *version, prefix});
  if (sign->first != "~=") return {};
  const auto series = version->series();
  if (!series) return malformed(range.text_, "~= needs a version of two numbers or more");
  range.bounds_.push_back({kIs, *series, true});
  return {};
}

bool PackageRange::holds(const Bound& bound, const PythonVersion& version) {
  const PythonVersion compared = bound.version.has_local() ? version : version.without_local();
  const auto order = compared <=> bound.version;
  switch (bound.relation) {
    case Relation::kBelow: return order < 0;
    case Relation::kAtMost: return order <= 0;
    case Relation::kAbove: return order > 0;
    case Relation::kAtLeast: return order >= 0;
    case Relation::kIs: return bound.prefix ? compared.begins_with(bound.version) : order == 0;
    case Relation::kIsNot: return bound.prefix ? !compared.begins_with(bound.version) : order != 0;
  }
  return false;
}

bool PackageRange::contains(const PythonVersion& version) const {
  return std::ranges::all_of(bounds_, [&](const Bound& bound) { return holds(bound, version); });
}

// --- package URLs (https://github.com/package-url/purl-spec)

namespace {

std::optional<unsigned char> hex_pair(std::string_view text) {
  unsigned char value = 0;
  if (text.size() < 2) return std::nullopt;
  const char* const begin = std::to_address(text.begin());
  const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
  if (error != std::errc() || end != begin + 2) return std::nullopt;
  return value;
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? hex_pair(text.substr(i + 1)) : std::nullopt;
    result += byte ? static_cast<char>(*byte) : text[i];
    if (byte) i += 2;
  }
  return result;
}

}  // namespace

std::optional<PythonPackage> parse_pypi_url(std::string_view uri) {
  if (!uri.starts_with(kPypi)) return std::nullopt;
  uri.remove_prefix(kPypi.size());
  uri = uri.substr(0, uri.find_first_of("?#"));
  const std::size_t at = std::min(uri.find('@'), uri.size());
  const std::string_view version = uri.substr(std::min(at + 1, uri.size()));
  return PythonPackage{normal_package_name(percent_decoded(uri.substr(0, at))), percent_decoded(version)};
}

}  // namespace weightmark
