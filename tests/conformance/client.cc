// weightmark-conformance: speaks the protocols of the public conformance suites
// by turning their commands into ours.
//   OMS: sign-model, verify-model, capabilities
//   https://github.com/sampras343/model-signing-conformance, docs/conformance_adapter_cli_protocol.md
//   Sigstore: sign-bundle, verify-bundle (sigstore_client.h)
//   TUF: init, refresh, download (tuf_client.h)
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "cli/parser.h"
#include "cli/ui.h"
#include "tests/conformance/sigstore_client.h"
#include "tests/conformance/tuf_client.h"

namespace {

using Arguments = std::vector<std::string>;

// What the suite calls our options. "--model-path" and "--method" are placed by hand.
const std::map<std::string, std::string> kOptions = {
    {"--output-bundle", "--signature"},
    {"--bundle", "--signature"},
    {"--private-key", "--private-key"},
    {"--signing-cert", "--signing-certificate"},
    {"--cert-chain", "--certificate-chain"},
    {"--public-key", "--public-key"},
    {"--ignore-paths", "--ignore-paths"},
    {"--identity", "--identity"},
    {"--identity-provider", "--identity-provider"},
    {"--identity-token", "--identity-token"},
    {"--trust-config", "--trust-config"},
    {"--trusted-root", "--trusted-root"},
};
const std::map<std::string, std::string> kFlags = {
    {"--ignore-unsigned-files", "--ignore-unsigned-files"},
    {"--use-staging", "--use-staging"},
    {"--offline", "--offline"},
};

// translate turns "sign-model --method key --model-path M …" into "sign key … M".
Arguments translate(const std::string& command, const Arguments& given) {
  std::string method;
  std::string model;
  Arguments options;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (auto flag = kFlags.find(given[i]); flag != kFlags.end()) {
      options.push_back(flag->second);
      continue;
    }
    const std::string& name = given[i];
    std::string value = i + 1 < given.size() ? given[++i] : "";
    if (name == "--method")
      method = value;
    else if (name == "--model-path")
      model = value;
    else if (auto option = kOptions.find(name); option != kOptions.end())
      options.insert(options.end(), {option->second, value});
    else
      options.push_back(name);  // ours refuses it with a message
  }
  Arguments ours = {command, method};
  ours.insert(ours.end(), options.begin(), options.end());
  ours.push_back(model);
  return ours;
}

int run(Arguments arguments) {
  weightmark::cli::Ui ui;
  weightmark::cli::Parser parser;
  if (auto status = parser.parse(std::move(arguments), ui)) return *status;
  return parser.action()(ui);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments given(argv + 1, argv + argc);
  if (is_tuf_command(given)) return run_tuf_command(given);
  std::string command = given.empty() ? "" : given.front();
  if (!given.empty()) given.erase(given.begin());
  if (command == "sign-model") return run(translate("sign", given));
  if (command == "verify-model") return run(translate("verify", given));
  if (command == "verify-bundle") return verify_bundle(given);
  if (command == "sign-bundle") return sign_bundle(given);
  if (command == "capabilities") {
    std::puts(R"({"client_version":")" WEIGHTMARK_VERSION
              R"(","hash_algorithms":["sha256","blake2b","blake3"],"shards":true})");
    return 0;
  }
  std::fputs(
      "usage: weightmark-conformance sign-model|verify-model|sign-bundle|verify-bundle|capabilities|--metadata-dir …\n",
      stderr);
  return 2;
}
