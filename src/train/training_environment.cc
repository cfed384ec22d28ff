#include "train/training_environment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

// What programs need to find their way about, and what launchers tell ranks and threads.
// None of it is a credential, and none of it is recorded by itself.
constexpr auto kPassedNames = std::to_array<std::string_view>({"CONDA_PREFIX",
                                                               "CUBLAS_WORKSPACE_CONFIG",
                                                               "CUDA_DEVICE_ORDER",
                                                               "CUDA_HOME",
                                                               "CUDA_VISIBLE_DEVICES",
                                                               "LANG",
                                                               "LANGUAGE",
                                                               "LD_LIBRARY_PATH",
                                                               "LOCAL_RANK",
                                                               "LOCAL_WORLD_SIZE",
                                                               "LOGNAME",
                                                               "MASTER_ADDR",
                                                               "MASTER_PORT",
                                                               "MKL_NUM_THREADS",
                                                               "NUMEXPR_NUM_THREADS",
                                                               "NVIDIA_VISIBLE_DEVICES",
                                                               "OMP_NUM_THREADS",
                                                               "OPENBLAS_NUM_THREADS",
                                                               "PATH",
                                                               "PWD",
                                                               "RANK",
                                                               "ROCR_VISIBLE_DEVICES",
                                                               "SHELL",
                                                               "TERM",
                                                               "COLORTERM",
                                                               "NO_COLOR",
                                                               "TZ",
                                                               "USER",
                                                               "VIRTUAL_ENV",
                                                               "WORLD_SIZE",
                                                               "COLUMNS",
                                                               "LINES",
                                                               "GROUP_RANK",
                                                               "NODE_RANK",
                                                               "SLURM_JOB_ID",
                                                               "SLURM_JOB_NUM_NODES",
                                                               "SLURM_LOCALID",
                                                               "SLURM_NNODES",
                                                               "SLURM_NODEID",
                                                               "SLURM_NPROCS",
                                                               "SLURM_NTASKS",
                                                               "SLURM_PROCID",
                                                               "SLURM_TASKS_PER_NODE"});

constexpr auto kPassedPrefixes = std::to_array<std::string_view>({"LC_"});

// Those by which somebody signs or logs in on another's behalf.
constexpr auto kCredentialNames = std::to_array<std::string_view>({"ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                                                                   "ACTIONS_ID_TOKEN_REQUEST_URL",
                                                                   "ACTIONS_RUNTIME_TOKEN",
                                                                   "ACTIONS_RUNTIME_URL",
                                                                   "SIGSTORE_ID_TOKEN",
                                                                   "SSH_AUTH_SOCK",
                                                                   "SSH_AGENT_PID",
                                                                   "GPG_AGENT_INFO",
                                                                   "GITHUB_TOKEN",
                                                                   "GH_TOKEN",
                                                                   "CI_JOB_TOKEN",
                                                                   "CI_JOB_JWT",
                                                                   "CI_JOB_JWT_V2",
                                                                   "GOOGLE_APPLICATION_CREDENTIALS",
                                                                   "KUBECONFIG",
                                                                   "DOCKER_CONFIG",
                                                                   "NETRC",
                                                                   "DBUS_SESSION_BUS_ADDRESS",
                                                                   "XDG_RUNTIME_DIR",
                                                                   "WEIGHTMARK_PASSWORD",
                                                                   "BUILDKITE_AGENT_ACCESS_TOKEN",
                                                                   "CIRCLE_OIDC_TOKEN",
                                                                   "CIRCLE_OIDC_TOKEN_V2"});

constexpr auto kCredentialParts =
    std::to_array<std::string_view>({"TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "PRIVATE_KEY", "API_KEY",
                                     "APIKEY", "ACCESS_KEY", "ID_TOKEN", "SESSION_KEY"});

// What language models are made of.
constexpr auto kHarmlessParts = std::to_array<std::string_view>({"TOKENIZE", "TOKENS"});

// Those by which the dynamic loader runs other code than what is named.
constexpr auto kLoaderNames = std::to_array<std::string_view>({"LD_PRELOAD", "LD_AUDIT"});

// Shorter values occur in ordinary text by chance, so that hiding them would garble it.
constexpr std::size_t kShortestSecret = 6;

std::string upper(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return copy;
}

bool is_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

const std::string* find(const Variables& variables, std::string_view name) {
  const auto found = std::ranges::find(variables, name, &Variables::value_type::first);
  return found == variables.end() ? nullptr : &found->second;
}

void set(Variables& variables, std::string name, std::string value) {
  std::erase_if(variables, [&](const auto& one) { return one.first == name; });
  variables.emplace_back(std::move(name), std::move(value));
}

bool is_passed_by_default(std::string_view name) {
  return std::ranges::find(kPassedNames, name) != kPassedNames.end() ||
         std::ranges::any_of(kPassedPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

Result<void> check_name(std::string_view name, std::string_view option) {
  if (!is_name(name)) return refuse(ErrorCode::kUsage, "is no name of a variable", excerpt(name));
  if (std::ranges::find(kLoaderNames, name) != kLoaderNames.end())
    return refuse(ErrorCode::kUsage, "runs other code than what is named", name);
  if (std::ranges::find(kCredentialNames, name) != kCredentialNames.end())
    return refuse(ErrorCode::kUsage, "is a credential, which the command must not have", name);
  if (option == "--env" && is_credential(name))
    return refuse(ErrorCode::kUsage, "looks like a credential, and what is given by --env is published", name,
                  "give it by --pass-env, which records neither name nor value");
  return {};
}

Result<void> add_recorded(const Variables& caller, const std::string& given, TrainingEnvironment& environment) {
  const std::size_t equals = given.find('=');
  const std::string name = given.substr(0, equals);
  WM_CHECK(check_name(name, "--env"));
  const std::string* value = find(caller, name);
  if (equals == std::string::npos && value == nullptr) return {};
  const std::string chosen = equals == std::string::npos ? *value : given.substr(equals + 1);
  if (!is_utf8(chosen)) return refuse(ErrorCode::kUsage, "is not UTF-8, so that it cannot be recorded", name);
  set(environment.command, name, chosen);
  set(environment.recorded, name, chosen);
  return {};
}

Result<void> add_passed(const Variables& caller, const std::string& name, TrainingEnvironment& environment) {
  WM_CHECK(check_name(name, "--pass-env"));
  const std::string* value = find(caller, name);
  if (value == nullptr) return {};
  set(environment.command, name, *value);
  environment.secrets.push_back(*value);
  return {};
}

}  // namespace

bool has_secret_value(std::string_view name) {
  std::string text = upper(name);
  for (const std::string_view harmless : kHarmlessParts)
    for (std::size_t at = text.find(harmless); at != std::string::npos; at = text.find(harmless))
      text.erase(at, harmless.size());
  return std::ranges::any_of(kCredentialParts, [&](std::string_view part) { return text.contains(part); });
}

bool is_credential(std::string_view name) {
  return has_secret_value(name) || std::ranges::find(kCredentialNames, name) != kCredentialNames.end() ||
         (name.starts_with("AWS_") && name != "AWS_REGION" && name != "AWS_DEFAULT_REGION");
}

Result<TrainingEnvironment> make_environment(const Variables& caller, const EnvironmentOptions& options,
                                             std::string_view home) {
  TrainingEnvironment environment;
  for (const auto& [name, value] : caller) {
    if (is_passed_by_default(name)) set(environment.command, name, value);
    if (has_secret_value(name)) environment.secrets.push_back(value);
  }
  set(environment.command, "HOME", std::string(home));
  for (const std::string& name : options.passed) WM_CHECK(add_passed(caller, name, environment));
  for (const std::string& given : options.recorded) WM_CHECK(add_recorded(caller, given, environment));
  std::erase_if(environment.secrets, [](const std::string& value) { return value.size() < kShortestSecret; });
  std::ranges::sort(environment.command);
  std::ranges::sort(environment.recorded);
  return environment;
}

Variables caller_variables() {
  Variables variables;
  for (char** at = ::environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view text(*at);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      set(variables, std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
  return variables;
}

}  // namespace weightmark
