#include "host/rendezvous.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/encoding.h"
#include "base/file.h"
#include "base/json_document.h"
#include "base/refuse.h"
#include "base/try.h"
#include "crypto/random.h"

namespace weightmark {
namespace {

constexpr ErrorCode kCode = ErrorCode::kTrainingNodes;
constexpr std::uint64_t kMaxNote = 4096;  // bytes of what is no record
constexpr std::chrono::milliseconds kBetweenLooks{100};
constexpr const char* kRunFile = "run.json";
constexpr std::size_t kRunNameBytes = 16;

std::string ready_file(std::int64_t node) { return fmt::format("ready-{}", node); }
std::string record_file(std::int64_t node) { return fmt::format("node-{}.json", node); }

// check_folder: whoever can write there can say what a node saw.
Result<void> check_folder(const std::filesystem::path& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0)
    return std::unexpected(system_error(errno, folder.native(), ErrorCode::kReadFailed));
  if (!S_ISDIR(status.st_mode)) return refuse(kCode, "is no folder", folder.native());
  if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refuse(kCode, "can be written by others, who could say what a node saw", folder.native(),
                  "make a folder of your own for the nodes to meet in, with mode 0700");
  return {};
}

Result<std::string> fresh_name() {
  WM_TRY(const Bytes bytes, random_bytes(kRunNameBytes));
  return to_hex(bytes);
}

}  // namespace

Result<Rendezvous> Rendezvous::join(const NodeOptions& options, const Stop& stop) {
  Rendezvous it(options, stop);
  WM_CHECK(check_folder(options.rendezvous));
  WM_TRY(const std::optional<NodeRecord> old, it.record_of(options.node));
  if (old)
    return refuse(kCode, "holds a record of an earlier run", options.rendezvous.native(), "give each run a new folder");
  WM_CHECK(it.is_first() ? it.name_run() : it.learn_run());
  return it;
}

Result<void> Rendezvous::name_run() {
  WM_TRY(const std::optional<std::string> old, read(kRunFile, kMaxNote));
  if (old)
    return refuse(kCode, "is where an earlier run met", options_.rendezvous.native(), "give each run a new folder");
  WM_TRY(run_, fresh_name());
  return write(kRunFile, write_json(Json::of("nodes", options_.nodes, "run", run_)));
}

Result<void> Rendezvous::learn_run() {
  return wait(0, [this]() -> Result<bool> {
    WM_TRY(const std::optional<std::string> text, read(kRunFile, kMaxNote));
    if (!text) return false;
    const auto document = JsonDocument::parse(*text);
    if (!document) return refuse(kCode, document.error().what, kRunFile);
    const JsonView root = document->root(kCode);
    WM_TRY(const JsonView run, root.member("run"));
    WM_TRY(const std::string_view name, run.string());
    WM_TRY(const JsonView nodes, root.member("nodes"));
    WM_TRY(const std::int64_t count, nodes.integer());
    if (count != options_.nodes)
      return refuse(kCode,
                    fmt::format("node 0 was started as one of {} nodes, this as one of {}", count, options_.nodes));
    run_ = name;
    return true;
  });
}

Result<void> Rendezvous::wait_until_ready() const {
  WM_CHECK(write(ready_file(options_.node), run_));
  for (std::int64_t node = 0; node < options_.nodes; ++node) WM_CHECK(wait(node, [&] { return is_ready(node); }));
  return {};
}

Result<bool> Rendezvous::is_ready(std::int64_t node) const {
  WM_TRY(const std::optional<std::string> run, read(ready_file(node), kMaxNote));
  return run && *run == run_;
}

Result<void> Rendezvous::leave(const Provenance& provenance) const {
  return write(record_file(options_.node), write_node_record({run_, options_.node, {}, provenance}));
}

void Rendezvous::leave_failure(std::string why) const {
  // Where it cannot be told there, the others' patience ends; this node has an error already.
  [[maybe_unused]] const auto told =
      write(record_file(options_.node), write_node_record({run_, options_.node, std::move(why), {}}));
}

Result<std::optional<NodeRecord>> Rendezvous::record_of(std::int64_t node) const {
  WM_TRY(const std::optional<std::string> text, read(record_file(node), kMaxNodeRecord));
  if (!text) return std::nullopt;
  WM_TRY(NodeRecord record, parse_node_record(*text));
  if (!run_.empty() && (record.run != run_ || record.node != node))
    return refuse(kCode, "is of another run", (options_.rendezvous / record_file(node)).native(),
                  "give each run a new folder");
  return record;
}

Result<std::vector<NodeRecord>> Rendezvous::gather() const {
  std::vector<NodeRecord> records;
  for (std::int64_t node = 1; node < options_.nodes; ++node) {
    std::optional<NodeRecord> found;
    WM_CHECK(wait(node, [&]() -> Result<bool> {
      WM_TRY(found, record_of(node));
      return found.has_value();
    }));
    records.push_back(std::move(*found));
  }
  return records;
}

// wait looks until there is what is looked for, that node has failed, or patience ends.
template <class Look>
Result<void> Rendezvous::wait(std::int64_t node, Look look) const {
  const auto end = std::chrono::steady_clock::now() + options_.patience;
  while (true) {
    if (!run_.empty() && node != options_.node) {
      WM_TRY(const std::optional<NodeRecord> record, record_of(node));
      if (record && !record->failure.empty())
        return refuse(kCode, fmt::format("node {} failed: {}", node, record->failure));
    }
    WM_TRY(const bool there, look());
    if (there) return {};
    if (stop_.asked()) return refuse(ErrorCode::kInterrupted, "interrupted");
    if (std::chrono::steady_clock::now() >= end)
      return refuse(kCode, fmt::format("node {} was not heard of for {} s", node, options_.patience.count()),
                    options_.rendezvous.native(), "see that it runs and sees this folder; --node-timeout waits longer");
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

Result<void> Rendezvous::write(const std::string& name, std::string_view text) const {
  return write_file_atomically(options_.rendezvous / name, as_bytes(text), kPrivateFile);
}

Result<std::optional<std::string>> Rendezvous::read(const std::string& name, std::uint64_t limit) const {
  auto text = read_file(options_.rendezvous / name, limit);
  if (text) return std::move(*text);
  if (text.error().code == ErrorCode::kFileNotFound) return std::nullopt;
  return std::unexpected(text.error());
}

}  // namespace weightmark
