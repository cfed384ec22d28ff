// RFC 3161 timestamps: no input harms, and none moves the time that was signed.
#include <chrono>
#include <cstdlib>

#include "crypto/timestamp.h"

namespace {

using namespace weightmark;

// The authority of the tokens in the corpus, the signer first. Nobody has its keys,
// which signed for one time.
constexpr const char* kAuthority = R"(-----BEGIN CERTIFICATE-----
MIIBkzCCATigAwIBAgIIc2eOPBywFDswCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJ
VGltZSBSb290MB4XDTI0MDEwMjAwMDAwMFoXDTI2MDEwMTAwMDAwMFowEDEOMAwG
A1UEAwwFQ2xvY2swWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASukaXU4eN9Ai4S
vKQSGT71XJzW2iLS8uR9CymTcYzdPzWEJ7o9S/PHwpF8dnElUvjBIumJM2eEgJ0X
/MsxzNFVo3gwdjAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDAWBgNVHSUB
Af8EDDAKBggrBgEFBQcDCDAdBgNVHQ4EFgQUETOdk9yf3ezzQcLlZHRDGQjrTw4w
HwYDVR0jBBgwFoAUO6lOPE2t3/bquz9TwNPsSBbqH/swCgYIKoZIzj0EAwIDSQAw
RgIhAIEVI2BrCu1dkjoncSqfK1qW6Jr0vXfzN9OK9NG3v9BIAiEAkqbmjX+3o3h3
BXio+9MXeehQMqN5iWfowzp8em8h8Jo=
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIIBazCCARGgAwIBAgIILD+W32bK46MwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJ
VGltZSBSb290MB4XDTI0MDEwMjAwMDAwMFoXDTI2MDEwMTAwMDAwMFowFDESMBAG
A1UEAwwJVGltZSBSb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEymj1PbUY
i++iWymvpPG2qXCnHoaUtJGFNEBjOmEWJP5yAs/seSih4OVmaqZM1qcaBtqlqqjo
/JP4IJESWYipjqNNMEswDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYw
HQYDVR0OBBYEFDupTjxNrd/26rs/U8DT7EgW6h/7MAkGA1UdIwQCMAAwCgYIKoZI
zj0EAwIDSAAwRQIgPHom8vuA/IL9zzj2QTmfFgWSgBR9IQWHg89fOfkSfugCIQCV
VEFVi85TB8pPxSZWA3u7gj6xQ3A9Q55ly9XuYOPjTg==
-----END CERTIFICATE-----
)";
constexpr Instant kTime{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Certificate> chain = Certificate::list_from_pem(kAuthority).value();
  const auto time = verify_timestamp({data, size}, as_bytes("message"), chain);
  require(!time || *time == kTime);
  require(!verify_timestamp({data, size}, as_bytes("another message"), chain));
  return 0;
}
