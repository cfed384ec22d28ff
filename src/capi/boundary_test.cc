#include "capi/boundary.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace weightmark::capi {
namespace {

// code runs `body` as a C function would, and returns its status and the error's code.
template <class Body>
std::pair<int, std::string> code(Body&& body) {
  weightmark_error* error = nullptr;
  const int status = guarded(&error, std::forward<Body>(body));
  std::string name = error == nullptr ? "" : weightmark_error_code(error);
  weightmark_error_free(error);
  return {status, name};
}

using Outcome = std::pair<int, std::string>;

TEST(Boundary, PassesErrorsOn) {
  EXPECT_EQ(code([]() -> Result<void> { return {}; }), Outcome(WEIGHTMARK_OK, ""));
  EXPECT_EQ(code([]() -> Result<void> { return refuse(ErrorCode::kFileMismatch, "x"); }),
            Outcome(WEIGHTMARK_REFUSED, "file-mismatch"));
  EXPECT_EQ(code([]() -> Result<void> { return refuse(ErrorCode::kInterrupted, "x"); }),
            Outcome(WEIGHTMARK_INTERRUPTED, "interrupted"));
}

TEST(Boundary, LetsNoExceptionPass) {
  const Outcome no_memory{WEIGHTMARK_UNDECIDED, "out-of-memory"};
  const Outcome internal{WEIGHTMARK_UNDECIDED, "internal"};
  EXPECT_EQ(code([]() -> Result<void> { throw std::bad_alloc(); }), no_memory);
  EXPECT_EQ(code([]() -> Result<void> { throw std::length_error("x"); }), no_memory);
  EXPECT_EQ(code([]() -> Result<void> { throw std::runtime_error("x"); }), internal);
  EXPECT_EQ(code([]() -> Result<void> { throw 1; }), internal);
}

TEST(Boundary, ReportsWithoutAPlaceForTheError) {
  EXPECT_EQ(guarded(nullptr, []() -> Result<void> { throw std::bad_alloc(); }), WEIGHTMARK_UNDECIDED);
  EXPECT_EQ(guarded(nullptr, []() -> Result<void> { return refuse(ErrorCode::kUsage, "x"); }), WEIGHTMARK_USAGE);
}

TEST(Boundary, SaysWhatWasThrown) {
  weightmark_error* error = nullptr;
  guarded(&error, []() -> Result<void> { throw std::runtime_error("the\nreason"); });
  EXPECT_STREQ(weightmark_error_what(error), "the\nreason");
  EXPECT_STREQ(weightmark_error_message(error), "the\\nreason [internal]");
  weightmark_error_free(error);
}

TEST(Boundary, MakesNoHandleThatFails) {
  int* handle = reinterpret_cast<int*>(1);
  auto fail = []() -> Result<std::unique_ptr<int>> { return refuse(ErrorCode::kUsage, "x"); };
  EXPECT_EQ(make(&handle, nullptr, fail), WEIGHTMARK_USAGE);
  EXPECT_EQ(handle, nullptr);
  auto succeed = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(1); };
  EXPECT_EQ(make(static_cast<int**>(nullptr), nullptr, succeed), WEIGHTMARK_USAGE);
}

}  // namespace
}  // namespace weightmark::capi
