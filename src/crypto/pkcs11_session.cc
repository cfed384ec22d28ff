#include "crypto/pkcs11_session.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxObjects = 64;
constexpr CK_ULONG kMaxAttributeSize = 64 << 10;
constexpr std::size_t kMaxSignatureSize = 4096;

bool is_about_pin(CK_RV status) {
  switch (status) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_EXPIRED:
    case CKR_PIN_LOCKED:
    case CKR_USER_PIN_NOT_INITIALIZED: return true;
    default: return false;
  }
}

std::unexpected<Error> failed(std::string_view doing, CK_RV status) {
  const char* reason = p11_kit_strerror(status);
  std::string what = fmt::format("{} failed: {} (0x{:x})", doing, reason != nullptr ? reason : "?", status);
  return std::unexpected(Error{ErrorCode::kPkcs11Failed, std::move(what), {}, {}});
}

std::unexpected<Error> login_failed(CK_RV status) {
  if (!is_about_pin(status)) return failed("logging in to the token", status);
  return std::unexpected(Error{ErrorCode::kPkcs11Pin,
                               fmt::format("the token refuses the PIN: {}", p11_kit_strerror(status)),
                               {},
                               "check the PIN; most tokens lock it after a few wrong ones"});
}

// label_of drops the spaces that pad a token's label.
std::string label_of(const CK_TOKEN_INFO& info) {
  return {reinterpret_cast<const char*>(info.label), p11_kit_space_strlen(info.label, sizeof(info.label))};
}

std::vector<CK_SLOT_ID> slots_with_token(CK_FUNCTION_LIST* module) {
  CK_ULONG count = 0;
  if (module->C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) return {};
  std::vector<CK_SLOT_ID> slots(count);
  // A token may have come between the two calls; it is not looked for again.
  if (module->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return {};
  slots.resize(count);
  return slots;
}

// TokenSearch collects the tokens that match a URI, and the names of those that
// do not for the message.
struct TokenSearch {
  const Pkcs11Uri& uri;
  std::vector<Pkcs11Token> found;
  std::string others;

  void look_at(CK_FUNCTION_LIST* module, CK_SLOT_ID slot) {
    CK_SLOT_INFO slot_info{};
    CK_TOKEN_INFO token_info{};
    if (module->C_GetSlotInfo(slot, &slot_info) != CKR_OK) return;
    if (module->C_GetTokenInfo(slot, &token_info) != CKR_OK) return;
    if (uri.matches_token(slot, slot_info, token_info)) return found.push_back({module, slot, token_info});
    if (std::string label = label_of(token_info); !label.empty())
      others += fmt::format("{}\"{}\"", others.empty() ? "" : ", ", label);
  }

  void look_at(CK_FUNCTION_LIST* module) {
    CK_INFO info{};
    if (module->C_GetInfo(&info) != CKR_OK || !uri.matches_module(info)) return;
    for (CK_SLOT_ID slot : slots_with_token(module)) look_at(module, slot);
  }
};

}  // namespace

Result<Pkcs11Token> find_token(const Pkcs11Uri& uri, const Pkcs11Modules& modules) {
  TokenSearch search{uri, {}, {}};
  for (CK_FUNCTION_LIST* module : modules.list()) search.look_at(module);
  if (search.found.size() == 1) return search.found.front();
  if (search.found.size() > 1)
    return uri.fail(ErrorCode::kPkcs11Token, fmt::format("{} tokens match the URI", search.found.size()),
                    "add serial or slot-id, or name the module with module-path");
  return uri.fail(ErrorCode::kPkcs11Token,
                  search.others.empty() ? "there is no token"
                                        : fmt::format("no token matches the URI; there are {}", search.others),
                  "check that the token is plugged in and that the URI names it");
}

Bytes pkcs11_number(CK_ULONG number) {
  Bytes value(sizeof(number));
  std::memcpy(value.data(), &number, sizeof(number));
  return value;
}

Result<Pkcs11Session> Pkcs11Session::open(const Pkcs11Token& token) {
  CK_SESSION_HANDLE handle = 0;
  CK_RV status = token.module->C_OpenSession(token.slot, CKF_SERIAL_SESSION, nullptr, nullptr, &handle);
  if (status != CKR_OK) return failed("opening a session with the token", status);
  return Pkcs11Session(token.module, handle);
}

Pkcs11Session::Pkcs11Session(Pkcs11Session&& other) noexcept
    : module_(std::exchange(other.module_, nullptr)), handle_(other.handle_) {}

// Closing is enough: C_Logout would log out the process's other sessions, too.
Pkcs11Session::~Pkcs11Session() {
  if (module_ != nullptr) module_->C_CloseSession(handle_);
}

CK_RV Pkcs11Session::login_status(CK_USER_TYPE user, const Secret* pin) {
  if (pin == nullptr) return module_->C_Login(handle_, user, nullptr, 0);
  // PKCS#11 has no const; C_Login does not write.
  char* text = const_cast<char*>(pin->view().data());
  return module_->C_Login(handle_, user, reinterpret_cast<CK_UTF8CHAR*>(text), pin->view().size());
}

Result<void> Pkcs11Session::log_in(const Secret* pin) {
  CK_RV status = login_status(CKU_USER, pin);
  // Another session of this process has logged in: the login is the process's.
  if (status == CKR_OK || status == CKR_USER_ALREADY_LOGGED_IN) return {};
  return login_failed(status);
}

Result<std::vector<CK_OBJECT_HANDLE>> Pkcs11Session::find(std::vector<Pkcs11Attribute> attributes) const {
  std::vector<CK_ATTRIBUTE> query;
  query.reserve(attributes.size());
  for (Pkcs11Attribute& attribute : attributes)
    query.push_back({attribute.type, attribute.value.data(), attribute.value.size()});
  CK_RV status = module_->C_FindObjectsInit(handle_, query.data(), query.size());
  if (status != CKR_OK) return failed("looking for objects on the token", status);
  std::vector<CK_OBJECT_HANDLE> objects;
  CK_ULONG count = 1;
  // A token may return fewer than asked for; none means the end.
  while (status == CKR_OK && count != 0 && objects.size() < kMaxObjects) {
    std::array<CK_OBJECT_HANDLE, kMaxObjects> some{};
    status = module_->C_FindObjects(handle_, some.data(), some.size() - objects.size(), &count);
    if (status == CKR_OK) objects.insert(objects.end(), some.data(), some.data() + count);
  }
  module_->C_FindObjectsFinal(handle_);
  if (status != CKR_OK) return failed("looking for objects on the token", status);
  return objects;
}

std::optional<Bytes> Pkcs11Session::attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
  CK_ATTRIBUTE query{type, nullptr, 0};
  if (module_->C_GetAttributeValue(handle_, object, &query, 1) != CKR_OK) return std::nullopt;
  // Covers CK_UNAVAILABLE_INFORMATION, the largest number.
  if (query.ulValueLen > kMaxAttributeSize) return std::nullopt;
  Bytes value(query.ulValueLen);
  query.pValue = value.data();
  if (module_->C_GetAttributeValue(handle_, object, &query, 1) != CKR_OK) return std::nullopt;
  if (query.ulValueLen > value.size()) return std::nullopt;
  value.resize(query.ulValueLen);
  return value;
}

std::optional<CK_ULONG> Pkcs11Session::number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
  std::optional<Bytes> value = attribute(object, type);
  CK_ULONG number = 0;
  if (!value || value->size() != sizeof(number)) return std::nullopt;
  std::memcpy(&number, value->data(), sizeof(number));
  return number;
}

Result<void> Pkcs11Session::start_signature(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism) {
  CK_MECHANISM how{mechanism, nullptr, 0};
  CK_RV status = module_->C_SignInit(handle_, &how, key);
  if (status != CKR_OK) return failed("starting a signature on the token", status);
  return {};
}

Result<void> Pkcs11Session::authenticate(const Secret* pin) {
  CK_RV status = login_status(CKU_CONTEXT_SPECIFIC, pin);
  if (status != CKR_OK) return login_failed(status);
  return {};
}

Result<Bytes> Pkcs11Session::finish_signature(ByteView data) {
  Bytes input(data.begin(), data.end());
  Bytes signature(kMaxSignatureSize);
  CK_ULONG size = signature.size();
  CK_RV status = module_->C_Sign(handle_, input.data(), input.size(), signature.data(), &size);
  if (status != CKR_OK || size > signature.size()) return failed("signing on the token", status);
  signature.resize(size);
  return signature;
}

}  // namespace weightmark
