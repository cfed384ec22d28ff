// Passing errors on: WM_TRY for values, WM_CHECK for Result<void>.
#pragma once

#include <expected>
#include <utility>

#define WM_CONCAT_(a, b) a##b
#define WM_CONCAT(a, b) WM_CONCAT_(a, b)

// WM_TRY(auto x, f()) declares x with the value of f(), or returns f()'s error.
#define WM_TRY(declaration, ...)                                                                                    \
  auto WM_CONCAT(wm_result_, __LINE__) = (__VA_ARGS__);                                                             \
  if (!WM_CONCAT(wm_result_, __LINE__)) return std::unexpected(std::move(WM_CONCAT(wm_result_, __LINE__)).error()); \
  declaration = *std::move(WM_CONCAT(wm_result_, __LINE__))

// WM_CHECK(f()) returns f()'s error, if it has one.
#define WM_CHECK(...)                                                                                     \
  do {                                                                                                    \
    if (auto wm_status = (__VA_ARGS__); !wm_status) return std::unexpected(std::move(wm_status).error()); \
  } while (false)
