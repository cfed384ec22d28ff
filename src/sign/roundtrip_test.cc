// Random models, signed, changed once, verified: each change must be found, by
// its own code. Seeds are fixed, so that a failure can be repeated.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "model/model_testing.h"
#include "verify/bundle_testing.h"
#include "weightmark/sign.h"
#include "weightmark/verify.h"

namespace weightmark {
namespace {

using namespace testing;
using Files = std::map<std::string, std::string>;

// Names that some client or some system has stumbled over.
constexpr std::string_view kNames[] = {
    "a",      "b",      "weights.bin", "a-b",       "a.txt",     "a b",       " ",          ".env",        "...",
    "-rf",    "模型",   "Ä",           "A\xCC\x88", "new\nline", "tab\t",     "quote\"",    "back\\slash", "w:0:5",
    "sha256", "%2e%2e", "*",           "\x7F",      "😀",        "MODEL.SIG", "model.sigx", "\xE2\x80\xAE"};

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine_); }
  bool coin() { return below(2) == 0; }

  std::string name() {
    std::string path;
    for (std::size_t depth = below(4); depth > 0; --depth)
      path += "d" + std::string(kNames[below(std::size(kNames))]) + "/";
    return path + std::string(kNames[below(std::size(kNames))]);
  }

  std::string text(std::size_t least) {
    std::string text(least + below(coin() ? 20 : 9000), '\0');
    for (char& c : text) c = static_cast<char>(below(256));
    return text;
  }

  Files files() {
    Files files;
    for (std::size_t count = 1 + below(12); count > 0; --count) files[name()] = text(coin() ? 0 : 1);
    return files;
  }

 private:
  std::mt19937 engine_;
};

// Change is one thing done to a signed model, and the code that must be reported.
struct Change {
  const char* what;
  std::string code;
};

class Trial {
 public:
  explicit Trial(unsigned seed) : random_(seed), files_(random_.files()) {
    for (const auto& [name, text] : files_) temp_.write("model" / fs::path(name), text);
    options_.hash.model = temp_ / "model";
    options_.hash.algorithm = static_cast<HashAlgorithm>(random_.below(3));
    options_.hash.shard_size = random_.coin() ? 0 : 1 + random_.below(5000);
    options_.hash.compatibility = random_.coin() ? Compatibility::kSpecification : Compatibility::kPython;
    options_.key = &a_key(random_.coin() ? KeyType::kEcP256 : KeyType::kEd25519);
    options_.time = kTestNow;
  }

  // signable says whether shards have anything to cover.
  bool signable() const {
    return options_.hash.shard_size == 0 ||
           std::ranges::any_of(files_, [](const auto& file) { return !file.second.empty(); });
  }

  std::string sign() { return code_of(sign_model(options_)); }

  std::string verify() {
    VerifyOptions options;
    options.model = temp_ / "model";
    options.trust = trust(*options_.key);
    options.time = kTestNow;
    Report report = verify_model(options).report;
    EXPECT_EQ(report.exit_status(), report.first_error() == nullptr ? 0 : 1);
    return report.first_error() == nullptr ? "ok" : std::string(code_name(report.first_error()->code));
  }

  Change change() {
    const auto& [name, text] = *std::next(files_.begin(), static_cast<std::ptrdiff_t>(random_.below(files_.size())));
    bool covered = options_.hash.shard_size == 0 || !text.empty();
    fs::path path = "model" / fs::path(name);
    switch (random_.below(7)) {
      case 0: return flip(path, text, covered);
      case 1: return remove(path, covered);
      case 2: return rename(path, covered);
      case 3: return truncate(path, text);
      case 4: return append(path, text, covered);
      case 5: return add();
      default: return link(path);
    }
  }

 private:
  Change flip(const fs::path& path, std::string text, bool covered) {
    if (text.empty()) return append(path, text, covered);
    text[random_.below(text.size())] ^= static_cast<char>(1U << random_.below(8));
    temp_.write(path, text);
    return {"flip", "file-mismatch"};
  }

  Change remove(const fs::path& path, bool covered) {
    temp_.remove(path);
    return {"remove", covered ? "file-missing" : "ok"};
  }

  Change rename(const fs::path& path, bool covered) {
    fs::rename(temp_ / path,
               temp_ / "model/\xF4\x8F\xBF\xBF");  // after all others, so that the old name is reported first
    return {"rename", covered ? "file-renamed" : "ok"};
  }

  Change truncate(const fs::path& path, const std::string& text) {
    if (text.empty()) return add();
    fs::resize_file(temp_ / path, random_.below(text.size()));
    return {"truncate", options_.hash.shard_size == 0 ? "file-mismatch" : "shard-past-end"};
  }

  // A file that was empty is not in the shards: longer, it is an extra one.
  Change append(const fs::path& path, const std::string& text, bool covered) {
    temp_.write(path, text + "x");
    return {"append", covered ? "file-mismatch" : "file-extra"};
  }

  Change add() {
    temp_.write("model/zzz added", "x");
    return {"add", "file-extra"};
  }

  Change link(const fs::path& path) {
    fs::rename(temp_ / path, temp_ / "elsewhere");
    fs::create_symlink(temp_ / "elsewhere", temp_ / path);
    return {"link", "symlink-refused"};
  }

  TempFolder temp_{memory_folder()};
  Random random_;
  Files files_;
  SignOptions options_;
};

TEST(RoundTrip, FindsEveryChangeByItsCode) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trial trial(seed);
    if (!trial.signable()) {
      EXPECT_EQ(trial.sign(), "model-empty");
      continue;
    }
    ASSERT_EQ(trial.sign(), "ok");
    ASSERT_EQ(trial.verify(), "ok");
    Change change = trial.change();
    EXPECT_EQ(trial.verify(), change.code) << change.what;
  }
}

}  // namespace
}  // namespace weightmark
