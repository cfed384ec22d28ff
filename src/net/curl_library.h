// libcurl, loaded when it is first needed. It brings some thirty other libraries, whose
// loading alone would cost every command more than verifying a small model does.
#pragma once

#include <curl/curl.h>

#include <string>

#include "weightmark/error.h"

namespace weightmark {

// CurlLibrary is the part of libcurl that http.cc uses.
struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  // Where certificate authorities are, for a library that does not know by itself.
  std::string ca_file = {};
  std::string ca_folder = {};

  // load opens the library of that name and initialises it. It is never closed.
  // Errors: http-unavailable.
  static Result<CurlLibrary> load(const char* name);

  // get loads the system's, once, or returns the one that was linked in.
  static const Result<CurlLibrary>& get();
};

}  // namespace weightmark
