// What a program outside the project sees: the installed headers and library.
#include <weightmark/bytes.h>
#include <weightmark/certificate.h>
#include <weightmark/digest.h>
#include <weightmark/error.h>
#include <weightmark/key.h>
#include <weightmark/manifest.h>

#include <cstdio>
#include <string>

int main() {
  std::size_t refusals = 0;
  for (weightmark::ErrorCode code : weightmark::all_codes())
    if (weightmark::code_class(code) == weightmark::ErrorClass::kRefused) ++refusals;
  std::printf("codes %zu refusals %zu\n", weightmark::all_codes().size(), refusals);

  auto missing = weightmark::find_code("file-missing");
  if (!missing || *missing != weightmark::ErrorCode::kFileMissing) return 1;

  auto upper = weightmark::Digest::from_hex(weightmark::HashAlgorithm::kSha256, std::string(64, 'A'));
  if (upper) return 2;
  std::printf("refused %s\n", std::string(weightmark::code_name(upper.error().code)).c_str());

  auto key = weightmark::PublicKey::from_pem("not a key");
  if (key || key.error().code != weightmark::ErrorCode::kKeyMalformed) return 3;
  return weightmark::check_name("weights/model.safetensors").has_value() ? 0 : 4;
}
