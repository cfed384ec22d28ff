#include "weightmark/content.h"

namespace weightmark {

std::string_view content_kind_name(ContentKind kind) {
  switch (kind) {
    case ContentKind::kCode: return "code";
    case ContentKind::kDisguised: return "disguised";
    case ContentKind::kMalformed: return "malformed";
    case ContentKind::kEscapes: return "escapes";
    case ContentKind::kInflates: return "inflates";
    case ContentKind::kUnread: return "unread";
  }
  return "";
}

}  // namespace weightmark
