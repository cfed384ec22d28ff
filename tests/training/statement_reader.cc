// Reads a predicate as the library does, and prints some of it: `statement_reader FILE`.
#include <fmt/format.h>

#include <cstdio>

#include "attest/training.h"
#include "base/file.h"
#include "base/try.h"

namespace {

using namespace weightmark;

Result<Training> read(const char* path) {
  WM_TRY(const std::string text, read_file(path, kMaxResources * 1024));
  WM_TRY(const JsonDocument document, JsonDocument::parse(text));
  WM_TRY(const Provenance provenance, parse_provenance(kProvenanceV1, document.root(ErrorCode::kProvenanceMalformed)));
  return parse_training(provenance);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto training = read(argv[1]);
  if (!training) {
    std::fputs((describe(training.error()) + "\n").c_str(), stderr);
    return 1;
  }
  fmt::print("tier {}, {} dependencies, {} steps\n", training->conditions.tier, training->dependencies.size(),
             training->summary ? training->summary->steps_completed.value_or(0) : 0);
  return 0;
}
