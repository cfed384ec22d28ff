#include "tuf_client.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/file.h"
#include "base/refuse.h"
#include "base/try.h"
#include "net/http_fetcher.h"
#include "trust/tuf_updater.h"

namespace {

using namespace weightmark;

struct Request {
  std::string metadata_folder;
  std::string metadata_url;
  std::vector<std::string> targets;
  std::string target_folder;
  std::string target_url;
  std::string command;
  std::string root;  // of init
};

Request parse(const std::vector<std::string>& arguments) {
  Request request;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    const auto value = [&] { return i + 1 < arguments.size() ? arguments[++i] : std::string(); };
    if (name == "--metadata-dir")
      request.metadata_folder = value();
    else if (name == "--metadata-url")
      request.metadata_url = value();
    else if (name == "--target-name")
      request.targets.push_back(value());
    else if (name == "--target-dir")
      request.target_folder = value();
    else if (name == "--target-base-url")
      request.target_url = value();
    else if (request.command.empty())
      request.command = name;
    else
      request.root = name;
  }
  return request;
}

// The folder of metadata is no anchor, so the first root is kept apart from it.
std::filesystem::path anchor_in(const Request& request) {
  return std::filesystem::path(request.metadata_folder) / "anchor" / "root";
}

Result<void> init(const Request& request) {
  WM_TRY(const std::string root, read_file(request.root, tuf::kMaxMetadata));
  std::filesystem::create_directories(anchor_in(request).parent_path());
  return write_file_atomically(anchor_in(request), as_bytes(root));
}

Result<void> download(const Request& request, tuf::Updater& updater, HttpClient& client) {
  HttpFetcher targets(client, request.target_url);
  tuf::DirectoryStore cache(request.target_folder);
  for (const std::string& name : request.targets) WM_CHECK(updater.target(name, &targets, cache));
  return {};
}

Result<void> refresh(const Request& request) {
  WM_TRY(const std::string anchor, read_file(anchor_in(request), tuf::kMaxMetadata));
  const auto client = make_http_client(http_settings([](const char* name) { return std::getenv(name); }));
  HttpFetcher metadata(*client, request.metadata_url);
  tuf::DirectoryStore store(request.metadata_folder);
  store.lock();
  const Time now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  WM_TRY(tuf::Updater updater, tuf::Updater::open(anchor, store, tuf::Online{&metadata, now}));
  WM_CHECK(updater.refresh());
  return request.command == "download" ? download(request, updater, *client) : Result<void>();
}

Result<void> run(const Request& request) {
  if (request.command == "init") return init(request);
  if (request.command == "refresh" || request.command == "download") return refresh(request);
  return refuse(ErrorCode::kUsage, "init, refresh or download", request.command);
}

}  // namespace

bool is_tuf_command(const std::vector<std::string>& arguments) {
  return !arguments.empty() && arguments.front().starts_with("--metadata-");
}

int run_tuf_command(const std::vector<std::string>& arguments) {
  const Result<void> result = run(parse(arguments));
  if (result) return 0;
  const std::string code(code_name(result.error().code));
  std::fputs((describe(result.error()) + " [" + code + "]\n").c_str(), stderr);
  return 1;
}
