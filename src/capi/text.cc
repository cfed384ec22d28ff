// weightmark_version, weightmark_text and weightmark_cancel.
#include <new>

#include "base/try.h"
#include "capi/handles.h"

namespace weightmark::capi {
namespace {

// As much as the largest file that a policy can name.
constexpr size_t kMaxText = 64U << 20U;

constexpr int64_t kEndOfYear9999 = 253402300799;

Result<void> append(weightmark_text* text, const void* data, size_t size) {
  WM_CHECK(need(text, "text"));
  WM_TRY(const std::string_view bytes, view(data, size, "data"));
  if (size > kMaxText - text->text.size()) return refuse(ErrorCode::kFileTooLarge, "the text is over 64 MiB");
  text->text += bytes;
  return {};
}

}  // namespace

Result<Time> seconds_of(int64_t seconds) {
  if (seconds < 0 || seconds > kEndOfYear9999)
    return refuse(ErrorCode::kUsage, "is not between the years 1970 and 9999", "seconds");
  return Time(std::chrono::seconds(seconds));
}

}  // namespace weightmark::capi

const char* weightmark_version(void) { return WEIGHTMARK_VERSION; }

int weightmark_text_append(weightmark_text* text, const void* data, size_t size, weightmark_error** error) {
  return weightmark::capi::guarded(error, [&] { return weightmark::capi::append(text, data, size); });
}

const char* weightmark_text_data(const weightmark_text* text) { return text->text.c_str(); }
size_t weightmark_text_size(const weightmark_text* text) { return text->text.size(); }
void weightmark_text_free(weightmark_text* text) { delete text; }

weightmark_cancel* weightmark_cancel_new(void) {
  try {
    return new weightmark_cancel{std::make_shared<std::atomic<bool>>(false)};
  } catch (...) {
    return nullptr;
  }
}

void weightmark_cancel_set(weightmark_cancel* cancel) {
  static_assert(std::atomic<bool>::is_always_lock_free, "a handler of signals may call this");
  if (cancel != nullptr) cancel->flag->store(true);
}

void weightmark_cancel_free(weightmark_cancel* cancel) { delete cancel; }
