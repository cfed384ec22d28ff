// The source that a training is run from.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weightmark {

// SourceTree is a checkout, or a folder without version control.
struct SourceTree {
  std::filesystem::path root;          // absolute and without links
  std::string repository;              // URL of where it comes from, without credentials; may be empty
  std::string ref;                     // "refs/heads/main"; empty where no branch or tag is checked out
  std::string commit;                  // hex; empty without version control
  std::vector<std::string> tracked;    // files of the commit, relative, in byte order
  std::vector<std::string> changed;    // of them those that differ from the commit, sorted
  std::vector<std::string> untracked;  // other files that no rule ignores, sorted

  bool dirty() const { return !changed.empty() || !untracked.empty(); }
  bool tracks(std::string_view name) const;

  friend bool operator==(const SourceTree&, const SourceTree&) = default;
};

// without_credentials takes user names and passwords out of a URL, as in
// "https://user:secret@host/path", and whatever stands after "?" or "#". What is no URL, as
// "git@host:path" is none, loses nothing but a password.
std::string without_credentials(std::string_view url);

// source_uri is the URI of a commit in a repository: "git+https://host/path@REF", or with
// the commit where there is no ref.
std::string source_uri(const SourceTree& source);

}  // namespace weightmark
