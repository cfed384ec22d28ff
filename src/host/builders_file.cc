#include "host/builders_file.h"

#include <filesystem>

#include "base/file.h"
#include "base/try.h"
#include "trust/builders.h"

namespace weightmark {

Result<Builders> read_builders(const std::string& path) {
  auto text = read_file(path, kMaxBuildersFile);
  if (!text && text.error().code == ErrorCode::kFileTooLarge) text.error().code = ErrorCode::kFileTooLarge;
  if (!text) return std::unexpected(std::move(text).error());
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  auto builders =
      Builders::parse(*text, [&](const std::string& name) { return read_file(folder / name, kMaxBuildersFile); });
  if (!builders) {
    Error& error = builders.error();
    error.subject = error.subject.empty() ? path : path + ": " + error.subject;
  }
  return builders;
}

}  // namespace weightmark
