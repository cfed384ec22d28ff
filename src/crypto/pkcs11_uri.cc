#include "crypto/pkcs11_uri.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxPinSize = 1024;
// p11-kit's value for "no slot-id in the URI".
constexpr CK_SLOT_ID kNoSlot = static_cast<CK_SLOT_ID>(-1);

std::unexpected<Error> pin_failed(std::string what, const std::filesystem::path& path) {
  return std::unexpected(Error{ErrorCode::kPkcs11Pin, std::move(what), path.native(), "check the URI's pin-source"});
}

// squeezed lower-cases a name and drops white space, which p11-kit ignores
// wherever it stands in a URI.
std::string squeezed(std::string_view name) {
  std::string out;
  for (char c : name) {
    auto byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) == 0) out += static_cast<char>(std::tolower(byte));
  }
  return out;
}

// redact_piece takes one "name=value". A piece that mentions a PIN in any way
// other than pin-source may hold it, however misspelled.
std::string redact_piece(std::string_view piece) {
  std::string name = squeezed(piece.substr(0, piece.find('=')));
  if (name == "pin-source" || name.find("pin") == std::string::npos) return std::string(piece);
  return "pin-value=...";
}

// percent_decoded decodes %XX (RFC 3986, section 2.1). Nothing when malformed
// or when it decodes to NUL, which no path has.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    std::optional<Bytes> byte = i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (!byte || byte->front() == 0) return std::nullopt;
    out += static_cast<char>(byte->front());
    i += 2;
  }
  return out;
}

// path_of_source takes an absolute path or a file URI of this host (RFC 8089).
std::optional<std::filesystem::path> path_of_source(std::string_view source) {
  std::optional<std::string> path(source);
  if (source.starts_with("file:")) {
    source.remove_prefix(5);
    if (source.starts_with("//localhost/")) source.remove_prefix(11);
    if (source.starts_with("///")) source.remove_prefix(2);
    if (source.starts_with("//")) return std::nullopt;
    path = percent_decoded(source);
  }
  if (!path || !path->starts_with('/')) return std::nullopt;
  return *path;
}

std::string_view without_newline(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// read_some fills `buffer` as far as the file goes. Nothing on an error.
std::optional<std::size_t> read_some(int fd, std::span<char> buffer) {
  std::size_t size = 0;
  while (size < buffer.size()) {
    ssize_t count = ::read(fd, buffer.data() + size, buffer.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  return size;
}

// wipe_pin wipes p11-kit's copy of the PIN, on the heap, and takes it from the URI.
void wipe_pin(P11KitUri* uri) {
  const char* pin = p11_kit_uri_get_pin_value(uri);
  if (pin == nullptr) return;
  OPENSSL_cleanse(const_cast<char*>(pin), std::strlen(pin));
  p11_kit_uri_set_pin_value(uri, nullptr);
}

}  // namespace

void Pkcs11Uri::FreeUri::operator()(P11KitUri* uri) const {
  wipe_pin(uri);
  p11_kit_uri_free(uri);
}

std::string redact_pin(std::string_view uri) {
  std::string out;
  while (true) {
    std::size_t end = uri.find_first_of(";?&");
    out += redact_piece(uri.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += uri[end];
    uri.remove_prefix(end + 1);
  }
}

// base/file.h's read_file would leave copies of the PIN in freed memory.
Result<Secret> pin_from_file(const std::filesystem::path& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return pin_failed(std::strerror(errno), path);
  std::array<char, kMaxPinSize + 3> buffer{};  // one byte too many, and a newline
  std::optional<std::size_t> size = read_some(file.get(), buffer);
  if (!size) return pin_failed(std::strerror(errno), path);
  std::string_view pin = without_newline({buffer.data(), *size});
  bool fits = pin.size() <= kMaxPinSize;
  Secret secret(fits ? pin : std::string_view());
  OPENSSL_cleanse(buffer.data(), buffer.size());
  if (!fits) return pin_failed("the file is too long for a PIN", path);
  return secret;
}

Result<Pkcs11Uri> Pkcs11Uri::parse(std::string_view text) {
  Pkcs11Uri uri;
  uri.text_ = redact_pin(text);
  if (text.find('\0') != std::string_view::npos)
    return uri.fail(ErrorCode::kPkcs11Uri, "there is a NUL character in the URI");
  std::string terminated(text);
  int status = p11_kit_uri_parse(terminated.c_str(), P11_KIT_URI_FOR_ANY, uri.uri_.get());
  OPENSSL_cleanse(terminated.data(), terminated.size());  // of its PIN
  if (status != P11_KIT_URI_OK)
    return uri.fail(ErrorCode::kPkcs11Uri, fmt::format("not a valid PKCS#11 URI: {}", p11_kit_uri_message(status)),
                    "write it as pkcs11:token=NAME;object=LABEL or pkcs11:token=NAME;id=%01 (RFC 7512)");
  WM_CHECK(uri.check());
  return uri;
}

Result<void> Pkcs11Uri::check() const {
  if (p11_kit_uri_any_unrecognized(uri_.get()) != 0)
    return fail(ErrorCode::kPkcs11Uri, "the URI has an attribute that is not known, and might name another key",
                "leave the attribute out; RFC 7512, section 2.3 lists those that exist");
  if (!names_private_key())
    return fail(ErrorCode::kPkcs11Uri, "the URI names something other than a private key", "write type=private");
  if (!id() && !object())
    return fail(ErrorCode::kPkcs11Uri, "the URI does not say which key", "add object=LABEL or id=%01");
  if (!names_token())
    return fail(ErrorCode::kPkcs11Uri, "the URI does not say which token",
                "add token=NAME, serial=NUMBER or slot-id=NUMBER");
  if (!module_path().empty() && !module_path().is_absolute())
    return fail(ErrorCode::kPkcs11Uri, "module-path is not an absolute path", "begin it with a slash");
  return {};
}

bool Pkcs11Uri::names_token() const {
  const CK_TOKEN_INFO* token = p11_kit_uri_get_token_info(uri_.get());
  // p11-kit zeroes what is not given and pads what is with spaces.
  return token->label[0] != 0 || token->serialNumber[0] != 0 || p11_kit_uri_get_slot_id(uri_.get()) != kNoSlot;
}

bool Pkcs11Uri::names_private_key() const {
  std::optional<Bytes> value = attribute(CKA_CLASS);
  if (!value) return true;
  CK_OBJECT_CLASS object_class = CKO_PRIVATE_KEY;
  if (value->size() != sizeof(object_class)) return false;
  std::memcpy(&object_class, value->data(), sizeof(object_class));
  return object_class == CKO_PRIVATE_KEY;
}

std::string Pkcs11Uri::module_name() const {
  const char* name = p11_kit_uri_get_module_name(uri_.get());
  return name != nullptr ? name : "";
}

std::filesystem::path Pkcs11Uri::module_path() const {
  const char* path = p11_kit_uri_get_module_path(uri_.get());
  return path != nullptr ? path : "";
}

bool Pkcs11Uri::matches_module(const CK_INFO& info) const {
  return p11_kit_uri_match_module_info(uri_.get(), &info) == 1;
}

bool Pkcs11Uri::matches_token(CK_SLOT_ID slot, const CK_SLOT_INFO& slot_info, const CK_TOKEN_INFO& token_info) const {
  CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri_.get());
  return (wanted == kNoSlot || wanted == slot) && p11_kit_uri_match_slot_info(uri_.get(), &slot_info) == 1 &&
         p11_kit_uri_match_token_info(uri_.get(), &token_info) == 1;
}

std::optional<Bytes> Pkcs11Uri::attribute(CK_ATTRIBUTE_TYPE type) const {
  const CK_ATTRIBUTE* found = p11_kit_uri_get_attribute(uri_.get(), type);
  if (found == nullptr) return std::nullopt;
  const auto* bytes = static_cast<const std::uint8_t*>(found->pValue);
  return Bytes(bytes, bytes + found->ulValueLen);
}

std::optional<Bytes> Pkcs11Uri::id() const { return attribute(CKA_ID); }

std::optional<Bytes> Pkcs11Uri::object() const { return attribute(CKA_LABEL); }

Result<std::optional<Secret>> Pkcs11Uri::take_pin() {
  if (const char* value = p11_kit_uri_get_pin_value(uri_.get())) {
    Secret secret{std::string_view(value)};
    wipe_pin(uri_.get());
    return secret;
  }
  const char* source = p11_kit_uri_get_pin_source(uri_.get());
  if (source == nullptr) return std::nullopt;
  WM_TRY(Secret secret, pin_from_source(source));
  return secret;
}

// RFC 7512, section 2.4, also has "|command"; running it is not for a signer.
Result<Secret> Pkcs11Uri::pin_from_source(std::string_view source) const {
  std::optional<std::filesystem::path> path = path_of_source(source);
  if (path) return pin_from_file(*path);
  return fail(ErrorCode::kPkcs11Uri, "pin-source is neither an absolute path nor a file: URI of this machine",
              "write pin-source=/path/of/file");
}

std::unexpected<Error> Pkcs11Uri::fail(ErrorCode code, std::string what, std::string hint) const {
  return std::unexpected(Error{code, std::move(what), text_, std::move(hint)});
}

}  // namespace weightmark
