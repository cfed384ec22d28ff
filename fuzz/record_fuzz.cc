// parse_record: every record that it accepts is written as text that means the same.
#include <cstdlib>

#include "sign/digest_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto record = weightmark::parse_record(weightmark::as_text({data, size}));
  if (!record) return 0;
  auto again = weightmark::parse_record(weightmark::write_record(*record));
  if (!again || *again != *record) std::abort();
  return 0;
}
