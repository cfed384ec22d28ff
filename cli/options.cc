#include "cli/options.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/secrets.h"
#include "model/placement.h"

namespace weightmark::cli {
namespace {

namespace fs = std::filesystem;

// No file with a password is larger.
constexpr std::uint64_t kMaxPasswordFile = 16U << 20U;

// More threads than this are a slip of the keyboard.
constexpr std::uint64_t kMaxThreads = 1024;

// split_list lets the Go client's comma lists through, unless a file is really
// called that.
std::vector<std::string> split_list(const std::string& model, const std::vector<std::string>& values) {
  std::vector<std::string> items;
  for (const std::string& value : values) {
    std::error_code error;
    if (fs::exists(value, error) || fs::exists(fs::path(model) / value, error)) {
      items.push_back(value);
      continue;
    }
    for (const std::string& item : CLI::detail::split(value, ',')) items.push_back(item);
  }
  return items;
}

// without_end removes what shells append to the name of a folder: "sub/", "sub/.".
std::string without_end(std::string path) {
  while (path.size() > 1 && (path.ends_with('/') || path.ends_with("/."))) path.pop_back();
  return path;
}

Secret first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return Secret(text);
}

Result<Secret> read_password_file(const std::string& path) {
  WM_TRY(std::string text, read_file(path, kMaxPasswordFile));
  Secret secret = first_line(text);
  ::explicit_bzero(text.data(), text.size());
  return secret;
}

// HiddenInput turns the terminal's echo off while it lives.
class HiddenInput {
 public:
  explicit HiddenInput(int terminal) : terminal_(terminal) {
    ::tcgetattr(terminal_, &old_);
    termios hidden = old_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(terminal_, TCSAFLUSH, &hidden);
  }
  ~HiddenInput() { ::tcsetattr(terminal_, TCSAFLUSH, &old_); }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  int terminal_;
  termios old_{};
};

}  // namespace

CLI::Validator one_of(std::vector<std::string> words) {
  auto check = [words = std::move(words)](std::string& text) {
    if (std::ranges::find(words, text) != words.end()) return std::string();
    return fmt::format("{} is not {}{}", text, words.size() > 1 ? "one of " : "", fmt::join(words, ", "));
  };
  return {check, ""};
}

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  auto check = [low, high](std::string& text) {
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    // The parser would take a leading zero for an octal number.
    bool plain = error == std::errc() && end == text.data() + text.size() && (text[0] != '0' || text.size() == 1);
    if (plain && value >= low && value <= high) return std::string();
    return fmt::format("{} is not a whole number from {} to {}", text, low, high);
  };
  return {check, ""};
}

void ModelFlags::add_to(CLI::App& command) {
  command.add_option("MODEL", model, "The model: a folder or a file")->required()->type_name("PATH");
  command.add_option("--ignore-paths", ignore_paths, "Leave this file or folder out; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  command.add_flag("--ignore-git-paths,!--no-ignore-git-paths", ignore_git_paths,
                   "Leave out .git, .github, .gitignore and .gitattributes (the default)");
  command.add_flag("--allow-symlinks", allow_symlinks, "Follow symbolic links instead of refusing them");
  command.add_option("--threads", threads, "Processors to use; all of them where absent")
      ->type_name("N")
      ->check(whole_number(1, kMaxThreads));
}

std::vector<std::string> ModelFlags::relative_ignore_paths(const Ui& ui) const {
  std::vector<std::string> relative;
  for (const std::string& given : split_list(model, ignore_paths)) {
    std::string path = without_end(given);
    std::string inside = path_in_model(model, path);
    if (inside.empty() && !fs::path(path).is_absolute()) inside = path_in_model(model, fs::path(model) / path);
    if (inside.empty())
      ui.warn(fmt::format("--ignore-paths {}: outside the model, so it ignores nothing", printable(path)));
    else
      relative.push_back(std::move(inside));
  }
  return relative;
}

void OutputFlags::add_to(CLI::App& command) {
  command.add_flag("--json", json, "Write the result as JSON to standard output");
  command.add_flag("-q,--quiet", quiet, "Say nothing but errors");
}

void HashFlags::add_to(CLI::App& command) {
  command.add_option("--hash-algorithm", algorithm, "How files are hashed: sha256 (the default), blake2b or blake3")
      ->type_name("ALGORITHM")
      ->check(one_of({"sha256", "blake2b", "blake3"}));
  command.add_option("--shard-size", shard_size, "Hash files in shards of this many bytes instead of whole")
      ->type_name("BYTES")
      ->check(whole_number(1, std::uint64_t{1} << 53U));
  command.add_option("--name", name, "What the model is called; the name of its folder where absent")
      ->type_name("NAME");
  command.add_option("--compat", compatibility, "Write what an older client can read: python")
      ->type_name("CLIENT")
      ->check(one_of({"python"}));
}

HashOptions HashFlags::options(const ModelFlags& model, const Ui& ui) const {
  HashOptions options;
  options.model = model.model;
  options.algorithm = find_algorithm(algorithm).value_or(HashAlgorithm::kSha256);
  options.shard_size = shard_size;
  options.allow_symlinks = model.allow_symlinks;
  options.ignore_git_paths = model.ignore_git_paths;
  options.ignore_paths = model.relative_ignore_paths(ui);
  if (!name.empty()) options.name = name;
  if (compatibility == "python") options.compatibility = Compatibility::kPython;
  options.work.threads = model.threads;
  options.work.cancelled = &interrupt_flag();
  return options;
}

void PasswordFlags::add_to(CLI::App& command) {
  command.add_option("--password-file", password_file, "Read the private key's password from the first line of a file")
      ->type_name("PATH");
  command.add_option("--password", password, "The private key's password; visible to others, prefer --password-file")
      ->type_name("PASSWORD");
}

SecretSource PasswordFlags::source(const Ui& ui) const {
  if (!password.empty())
    ui.warn("--password can be seen by every user of this machine; prefer --password-file or WEIGHTMARK_PASSWORD");
  return [*this]() -> Result<Secret> {
    if (!password.empty()) return take_secret(password);
    if (!password_file.empty()) return read_password_file(password_file);
    if (const char* value = std::getenv("WEIGHTMARK_PASSWORD")) return Secret(value);
    return ask_secret("Password of the private key: ",
                      {ErrorCode::kKeyPasswordRequired,
                       "the private key is encrypted and there is no terminal to ask on",
                       {},
                       "give the password with --password-file or WEIGHTMARK_PASSWORD"});
  };
}

Result<Secret> ask_secret(const std::string& prompt, const Error& no_terminal) {
  Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) return std::unexpected(no_terminal);
  HiddenInput hidden(terminal.get());
  (void)!::write(terminal.get(), prompt.data(), prompt.size());
  std::string line;
  line.reserve(4096);  // so that no copy stays behind when it grows
  char c = 0;
  while (line.size() < 4095 && wait_for_input(terminal.get()) && ::read(terminal.get(), &c, 1) == 1 && c != '\n')
    line += c;
  (void)!::write(terminal.get(), "\n", 1);
  Secret secret(line);
  ::explicit_bzero(line.data(), line.size());
  if (interrupt_flag().load()) return std::unexpected(Error{ErrorCode::kInterrupted, "interrupted", {}, {}});
  return secret;
}

Error with_near_miss(Error error) {
  bool about_path = error.code == ErrorCode::kModelNotFound || error.code == ErrorCode::kFileNotFound;
  if (!about_path) return error;
  fs::path path = error.subject;
  fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::vector<std::string> names;
  std::error_code failed;
  for (auto entry = fs::directory_iterator(folder, failed);
       !failed && entry != fs::directory_iterator() && names.size() < 1000; entry.increment(failed))
    names.push_back(entry->path().filename().native());
  std::string near = nearest(path.filename().native(), names);
  if (near.empty()) return error;
  fs::path suggestion = path.has_parent_path() ? path.parent_path() / near : fs::path(near);
  error.hint = fmt::format("did you mean {}?", suggestion.native());
  return error;
}

}  // namespace weightmark::cli
