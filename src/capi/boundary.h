// The boundary between C and C++: errors become statuses, and no exception passes.
#pragma once

#include <concepts>
#include <memory>
#include <string_view>

#include "base/refuse.h"
#include "weightmark/error.h"
#include "weightmark/weightmark.h"

namespace weightmark::capi {

// report hands `error` to the caller of C and returns the status that it means. It does
// not throw: where there is no memory for the error, the caller gets one that is made
// already.
int report(const Error& error, weightmark_error** out) noexcept;

// report_exception does the same for the exception that is being handled.
int report_exception(weightmark_error** out) noexcept;

// guarded calls `body`, which returns a Result<void>, and turns what comes of it into a
// status and an error.
template <std::invocable Body>
int guarded(weightmark_error** out, Body&& body) noexcept {
  if (out != nullptr) *out = nullptr;
  try {
    const Result<void> status = std::forward<Body>(body)();
    return status ? WEIGHTMARK_OK : report(status.error(), out);
  } catch (...) {
    return report_exception(out);
  }
}

// make calls `body`, which returns a Result<std::unique_ptr<Handle>>, and hands the
// handle to the caller.
template <class Handle, std::invocable Body>
int make(Handle** handle, weightmark_error** out, Body&& body) noexcept {
  if (handle != nullptr) *handle = nullptr;
  return guarded(out, [&]() -> Result<void> {
    if (handle == nullptr) return refuse(ErrorCode::kUsage, "NULL, where the new handle should go");
    Result<std::unique_ptr<Handle>> made = std::forward<Body>(body)();
    if (!made) return std::unexpected(std::move(made).error());
    *handle = made->release();
    return {};
  });
}

// need refuses NULL; `what` is the parameter's name.
Result<void> need(const void* pointer, std::string_view what);

// view takes a pointer and a length, where NULL goes with 0.
Result<std::string_view> view(const void* data, size_t size, std::string_view what);

// text takes NUL-terminated text that must not be empty.
Result<std::string_view> text(const char* characters, std::string_view what);

// or_null views text for C, where an empty one means that there is none.
inline const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace weightmark::capi
