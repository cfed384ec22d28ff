// What a model's files are, beside being signed: facts for people and policies, each
// about the structure of one file. None of them says that a model is safe.
// docs/content.md lists them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/error.h"
#include "weightmark/export.h"

namespace weightmark {

// ContentKind is what a fact says of a file.
enum class ContentKind : std::uint8_t {
  kCode,       // using it runs code that came with the model
  kDisguised,  // it is of another type than its name says, or of two types at once
  kMalformed,  // it breaks a rule of its format; readers of it may differ, or be attacked
  kEscapes,    // it names a file outside of the model or the archive
  kInflates,   // it grows far beyond its size when it is unpacked
  kUnread,     // it could not be looked into, and why
};

inline constexpr std::array kContentKinds{ContentKind::kCode,    ContentKind::kDisguised, ContentKind::kMalformed,
                                          ContentKind::kEscapes, ContentKind::kInflates,  ContentKind::kUnread};

// content_kind_name returns "code", "disguised", "malformed", "escapes", "inflates" or "unread".
WEIGHTMARK_API std::string_view content_kind_name(ContentKind kind);

// ContentFact is one fact. Both texts may quote the file, which nobody vouches for.
struct ContentFact {
  std::string file;  // name in the model; of a member of an archive "ARCHIVE!MEMBER"
  ContentKind kind = ContentKind::kUnread;
  std::string detail;

  friend bool operator==(const ContentFact&, const ContentFact&) = default;
};

class VerifiedModel;

// content_facts looks into every signed file, as far as its format tells where code,
// paths and offsets are, and reads only verified bytes. In the order of the files' names.
// Errors: those of VerifiedModel::open_file and VerifiedFile::read.
WEIGHTMARK_API Result<std::vector<ContentFact>> content_facts(const VerifiedModel& model);

}  // namespace weightmark
