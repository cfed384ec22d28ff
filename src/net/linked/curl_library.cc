// libcurl as a part of the program, in place of ../curl_library.cc, for what has to run
// where nothing is installed (WEIGHTMARK_STATIC_CURL).
#include "net/curl_library.h"

#include <utility>

#include "base/refuse.h"
#include "net/system_certificates.h"

namespace weightmark {
namespace {

CurlLibrary linked() {
  SystemCertificates found = find_system_certificates();
  CurlLibrary curl;
  curl.easy_init = &::curl_easy_init;
  curl.easy_reset = &::curl_easy_reset;
  curl.easy_setopt = &::curl_easy_setopt;
  curl.easy_perform = &::curl_easy_perform;
  curl.easy_getinfo = &::curl_easy_getinfo;
  curl.easy_cleanup = &::curl_easy_cleanup;
  curl.easy_strerror = &::curl_easy_strerror;
  curl.slist_append = &::curl_slist_append;
  curl.slist_free_all = &::curl_slist_free_all;
  curl.ca_file = std::move(found.file);
  curl.ca_folder = std::move(found.folder);
  return curl;
}

Result<CurlLibrary> initialised() {
  if (::curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return refuse(ErrorCode::kHttpUnavailable, "cannot be initialised", "libcurl");
  return linked();
}

}  // namespace

const Result<CurlLibrary>& CurlLibrary::get() {
  // Once, and by one thread alone: libcurl(3), "global constants".
  static const Result<CurlLibrary> library = initialised();
  return library;
}

}  // namespace weightmark
