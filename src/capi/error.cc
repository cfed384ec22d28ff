// weightmark_error.
#include <fmt/format.h>

#include <new>
#include <stdexcept>
#include <system_error>

#include "capi/boundary.h"

struct weightmark_error {
  std::string code;
  int status = WEIGHTMARK_UNDECIDED;
  std::string what;
  std::string subject;
  std::string hint;
  std::string message;
};

namespace weightmark::capi {
namespace {

std::unique_ptr<weightmark_error> make_error(const Error& error) {
  auto made = std::make_unique<weightmark_error>();
  made->code = code_name(error.code);
  made->status = static_cast<int>(code_class(error.code));
  made->what = error.what;
  made->subject = error.subject;
  made->hint = error.hint;
  made->message = fmt::format("{} [{}]", describe(error), made->code);
  return made;
}

// kNoMemory is made when the library is loaded, while there is memory, and never freed.
weightmark_error* const kNoMemory =
    make_error({ErrorCode::kOutOfMemory, "the system has no more memory for this process", {}, {}}).release();

int report_no_memory(weightmark_error** out) noexcept {
  if (out != nullptr) *out = kNoMemory;
  return kNoMemory->status;
}

}  // namespace

int report(const Error& error, weightmark_error** out) noexcept {
  const int status = static_cast<int>(code_class(error.code));
  if (out == nullptr) return status;
  try {
    *out = make_error(error).release();
    return status;
  } catch (...) {
    return report_no_memory(out);
  }
}

int report_exception(weightmark_error** out) noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return report_no_memory(out);
  } catch (const std::length_error&) {
    return report_no_memory(out);
  } catch (const std::exception& caught) {
    try {
      return report({ErrorCode::kInternal, caught.what(), {}, {}}, out);
    } catch (...) {
      return report_no_memory(out);
    }
  } catch (...) {
    return report({ErrorCode::kInternal, "an exception of a kind that is not known", {}, {}}, out);
  }
}

Result<void> need(const void* pointer, std::string_view what) {
  if (pointer != nullptr) return {};
  return refuse(ErrorCode::kUsage, "is NULL", what);
}

Result<std::string_view> view(const void* data, size_t size, std::string_view what) {
  if (data == nullptr && size > 0) return refuse(ErrorCode::kUsage, "is NULL, but its length is not 0", what);
  return std::string_view(static_cast<const char*>(data), size);
}

Result<std::string_view> text(const char* characters, std::string_view what) {
  if (characters == nullptr) return refuse(ErrorCode::kUsage, "is NULL", what);
  if (*characters == '\0') return refuse(ErrorCode::kUsage, "is empty", what);
  return std::string_view(characters);
}

}  // namespace weightmark::capi

const char* weightmark_error_code(const weightmark_error* error) { return error->code.c_str(); }
int weightmark_error_class(const weightmark_error* error) { return error->status; }
const char* weightmark_error_what(const weightmark_error* error) { return error->what.c_str(); }
const char* weightmark_error_subject(const weightmark_error* error) { return error->subject.c_str(); }
const char* weightmark_error_hint(const weightmark_error* error) { return error->hint.c_str(); }
const char* weightmark_error_message(const weightmark_error* error) { return error->message.c_str(); }

void weightmark_error_free(weightmark_error* error) {
  if (error != weightmark::capi::kNoMemory) delete error;
}
