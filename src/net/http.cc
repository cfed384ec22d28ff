#include "net/http.h"

#include <fmt/format.h>

#include <array>
#include <new>
#include <utility>

#include "base/refuse.h"
#include "base/text.h"
#include "net/curl_library.h"

namespace weightmark {
namespace {

constexpr long kMaxRedirects = 5;

struct Cleanup {
  const CurlLibrary* curl;
  void operator()(CURL* handle) const { curl->easy_cleanup(handle); }
};

// Sink takes a body and never more of it than the limit. The library has a limit too,
// but measures redirects and errors by it, whose bodies nobody takes.
struct Sink {
  const CurlLibrary* curl;
  CURL* handle;
  std::uint64_t max_size;
  std::string body = {};
  bool too_large = false;

  // fits also goes by what is announced, before any of it is taken.
  bool fits(std::size_t size) const {
    curl_off_t announced = -1;
    curl->easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    return size <= max_size - body.size() && (announced < 0 || std::cmp_less_equal(announced, max_size));
  }
};

// take is called with each piece that arrives. Any other result than the size of the
// piece ends the request; no exception may pass through the library.
std::size_t take(const char* data, std::size_t, std::size_t size, void* context) {
  Sink& sink = *static_cast<Sink*>(context);
  sink.too_large = !sink.fits(size);
  if (sink.too_large) return 0;
  try {
    sink.body.append(data, size);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return size;
}

// is_stopped is called about once a second, and more often while bytes arrive.
int is_stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

ErrorCode code_of(CURLcode result) {
  switch (result) {
    case CURLE_ABORTED_BY_CALLBACK: return ErrorCode::kInterrupted;
    case CURLE_URL_MALFORMAT: return ErrorCode::kUrlUnsupported;
    case CURLE_OPERATION_TIMEDOUT: return ErrorCode::kServerTimeout;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return ErrorCode::kServerCertificate;
    case CURLE_UNSUPPORTED_PROTOCOL:  // that of the first address was looked at before
    case CURLE_TOO_MANY_REDIRECTS: return ErrorCode::kRedirectRefused;
    default: return ErrorCode::kServerUnreachable;
  }
}

std::string hint_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::kServerUnreachable:
    case ErrorCode::kServerTimeout: return "check the network, and the proxy in HTTPS_PROXY where one is needed";
    case ErrorCode::kServerCertificate:
      return "where the network has a certificate authority of its own, name its file in SSL_CERT_FILE";
    default: return {};
  }
}

std::unexpected<Error> too_large(const std::string& url, std::uint64_t limit) {
  return refuse(ErrorCode::kAnswerTooLarge, fmt::format("the answer is larger than {}", human_size(limit)), url);
}

// Headers is a list of the library's.
class Headers {
 public:
  explicit Headers(const CurlLibrary& curl) : curl_(&curl) {}
  ~Headers() { curl_->slist_free_all(list_); }
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;

  void add(const std::string& line) {
    curl_slist* longer = curl_->slist_append(list_, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list_ = longer;
  }
  curl_slist* get() const { return list_; }

 private:
  const CurlLibrary* curl_;
  curl_slist* list_ = nullptr;
};

bool is_http(const std::string& url) { return url.starts_with("http://") || url.starts_with("https://"); }

std::unexpected<Error> unsupported(const std::string& url) {
  return refuse(ErrorCode::kUrlUnsupported, "not an address of HTTP or HTTPS", excerpt(url));
}

bool means_not_found(long status) { return status == 403 || status == 404 || status == 410; }

class CurlClient : public HttpClient {
 public:
  CurlClient(const CurlLibrary& curl, HttpSettings settings)
      : curl_(curl), settings_(std::move(settings)), handle_(curl.easy_init(), Cleanup{&curl}) {
    if (!handle_) throw std::bad_alloc();
  }

  Result<std::string> get(const std::string& url, std::uint64_t max_size) override {
    if (!is_http(url)) return unsupported(url);
    Sink sink{&curl_, handle_.get(), max_size};
    prepare(url, sink);
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMaxRedirects);
    set(CURLOPT_FAILONERROR, 1L);  // what comes with a status of 400 and more is not read
    const CURLcode result = curl_.easy_perform(handle_.get());
    return file(result, url, std::move(sink));
  }

  Result<HttpAnswer> send(const HttpRequest& request) override {
    if (!is_http(request.url)) return unsupported(request.url);
    Sink sink{&curl_, handle_.get(), request.max_size};
    prepare(request.url, sink);
    if (request.direct) set(CURLOPT_PROXY, "");
    Headers headers(curl_);
    for (const std::string& header : request.headers) headers.add(header);
    headers.add("Expect:");  // or the library waits for a word before it sends a large body
    set(CURLOPT_HTTPHEADER, headers.get());
    set_body(request);
    const CURLcode result = curl_.easy_perform(handle_.get());
    return answer(result, request.url, std::move(sink));
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_.easy_setopt(handle_.get(), option, value);
  }

  void prepare(const std::string& url, Sink& sink) {
    const bool https = url.starts_with("https://");
    curl_.easy_reset(handle_.get());
    error_.front() = '\0';
    set_request(url, https ? "https" : "http", sink);
    set_surroundings(https ? settings_.https_proxy : settings_.http_proxy);
  }

  void set_body(const HttpRequest& request) {
    if (request.method == "GET") return;
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  void set_request(const std::string& url, const char* scheme, Sink& sink) {
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, scheme);
    set(CURLOPT_REDIR_PROTOCOLS_STR, scheme);
    set(CURLOPT_WRITEFUNCTION, take);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&sink));
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_USERAGENT, "weightmark/" WEIGHTMARK_VERSION);
    set(CURLOPT_NOSIGNAL, 1L);
  }

  // An empty proxy keeps the library from looking for one by itself.
  void set_surroundings(const std::string& proxy) {
    set(CURLOPT_PROXY, proxy.c_str());
    set(CURLOPT_NOPROXY, settings_.no_proxy.c_str());
    set_authorities(settings_.ca_file.empty() ? curl_.ca_file : settings_.ca_file,
                    settings_.ca_folder.empty() ? curl_.ca_folder : settings_.ca_folder);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.timeout.count()));
    if (settings_.stop == nullptr) return;
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, is_stopped);
    set(CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(settings_.stop));
  }

  void set_authorities(const std::string& file, const std::string& folder) {
    if (!file.empty()) set(CURLOPT_CAINFO, file.c_str());
    if (!folder.empty()) set(CURLOPT_CAPATH, folder.c_str());
  }

  long status_code() {
    long status = 0;
    curl_.easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  Result<HttpAnswer> answer(CURLcode result, const std::string& url, Sink sink) {
    if (sink.too_large) return too_large(url, sink.max_size);
    if (result != CURLE_OK) return failure(result, url);
    HttpAnswer answer{static_cast<int>(status_code()), std::move(sink.body)};
    if (answer.status / 100 == 3)
      return refuse(ErrorCode::kRedirectRefused, "the server sends requests elsewhere, where they do not belong", url);
    curl_off_t seconds = 0;
    curl_.easy_getinfo(handle_.get(), CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > 0) answer.retry_after = std::chrono::seconds(seconds);
    return answer;
  }

  Result<std::string> file(CURLcode result, const std::string& url, Sink sink) {
    if (sink.too_large) return too_large(url, sink.max_size);
    const long status = status_code();
    if (result != CURLE_OK && result != CURLE_HTTP_RETURNED_ERROR) return failure(result, url);
    if (status == 200) return std::move(sink.body);
    return refuse(means_not_found(status) ? ErrorCode::kServerNotFound : ErrorCode::kServerAnswer,
                  fmt::format("the server answered with the status {}", status), url);
  }

  std::unexpected<Error> failure(CURLcode result, const std::string& url) const {
    const ErrorCode code = code_of(result);
    const char* what = error_.front() != '\0' ? error_.data() : curl_.easy_strerror(result);
    return refuse(code, excerpt(what), url, hint_for(code));
  }

  const CurlLibrary& curl_;
  HttpSettings settings_;
  std::unique_ptr<CURL, Cleanup> handle_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

// NoClient answers where there is no library to ask with.
class NoClient : public HttpClient {
 public:
  explicit NoClient(Error why) : why_(std::move(why)) {}
  Result<std::string> get(const std::string&, std::uint64_t) override { return std::unexpected(why_); }
  Result<HttpAnswer> send(const HttpRequest&) override { return std::unexpected(why_); }

 private:
  Error why_;
};

}  // namespace

std::unique_ptr<HttpClient> make_http_client(const HttpSettings& settings) {
  const Result<CurlLibrary>& curl = CurlLibrary::get();
  if (!curl) return std::make_unique<NoClient>(curl.error());
  return std::make_unique<CurlClient>(*curl, settings);
}

}  // namespace weightmark
