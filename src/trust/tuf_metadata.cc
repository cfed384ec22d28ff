#include "trust/tuf_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "trust/canonical_json.h"
#include "trust/tuf_time.h"

namespace weightmark::tuf {
namespace {

constexpr int kMaxBitLength = 32;  // TAP 15
// The highest integer that all JSON parsers agree on (RFC 7493, section 2.2): a version
// can be counted on from.
constexpr std::int64_t kMaxVersion = (std::int64_t{1} << 53) - 1;

Result<std::string> string_member(const JsonView& object, std::string_view key) {
  WM_TRY(const JsonView member, object.member(key));
  WM_TRY(const std::string_view text, member.string());
  return std::string(text);
}

Result<std::int64_t> integer_member(const JsonView& object, std::string_view key, std::int64_t least) {
  WM_TRY(const JsonView member, object.member(key));
  WM_TRY(const std::int64_t value, member.integer());
  if (value < least) return member.fail(fmt::format("{} is below {}", value, least));
  return value;
}

Result<std::vector<std::string>> read_strings(const JsonView& array) {
  WM_TRY(const JsonItems items, array.array());
  std::vector<std::string> strings;
  for (const JsonView item : items) {
    WM_TRY(const std::string_view text, item.string());
    strings.emplace_back(text);
  }
  return strings;
}

bool all_differ(std::vector<std::string_view> texts) {
  std::ranges::sort(texts);
  return std::ranges::adjacent_find(texts) == texts.end();
}

std::unexpected<Error> twice(const JsonView& where, std::string_view what) {
  return where.with_code(ErrorCode::kTufDuplicate).fail(fmt::format("the same {} is there twice", what));
}

// --- Keys and roles

Result<Keys> read_keys(const JsonView& object) {
  WM_TRY(const JsonMembers members, object.object());
  Keys keys;
  for (const auto& [id, view] : members) {
    Key key;
    WM_TRY(key.type, string_member(view, "keytype"));
    WM_TRY(key.scheme, string_member(view, "scheme"));
    WM_TRY(const JsonView value, view.member("keyval"));
    WM_TRY(key.value, string_member(value, "public"));
    keys.emplace(id, std::move(key));
  }
  return keys;
}

Result<std::int64_t> read_threshold(const JsonView& object) {
  WM_TRY(const JsonView member, object.member("threshold"));
  WM_TRY(const std::int64_t threshold, member.integer());
  if (threshold >= 1) return threshold;
  return member.with_code(ErrorCode::kTufThreshold).fail("a threshold below 1 would ask for no signature");
}

Result<Role> read_role(const JsonView& object) {
  Role role;
  WM_TRY(const JsonView ids, object.member("keyids"));
  WM_TRY(role.key_ids, read_strings(ids));
  if (!all_differ({role.key_ids.begin(), role.key_ids.end()})) return twice(ids, "key id");
  WM_TRY(role.threshold, read_threshold(object));
  return role;
}

// --- Files

Result<Hashes> read_hashes(const JsonView& object) {
  WM_TRY(const JsonMembers members, object.object());
  Hashes hashes;
  for (const auto& [algorithm, view] : members) {
    WM_TRY(const std::string_view digits, view.string());
    hashes.emplace(algorithm, digits);
  }
  if (hashes.empty()) return object.fail("no hash in it");
  return hashes;
}

Result<std::uint64_t> read_length(const JsonView& object) {
  WM_TRY(const std::int64_t length, integer_member(object, "length", 0));
  return static_cast<std::uint64_t>(length);
}

Result<MetaFile> read_meta_file(const JsonView& object) {
  MetaFile file;
  WM_TRY(file.version, integer_member(object, "version", 1));
  if (object.find("length")) {
    WM_TRY(file.length, read_length(object));
  }
  if (const auto hashes = object.find("hashes")) {
    WM_TRY(file.hashes, read_hashes(*hashes));
  }
  return file;
}

Result<TargetFile> read_target_file(const JsonView& object) {
  TargetFile file;
  WM_TRY(file.length, read_length(object));
  WM_TRY(const JsonView hashes, object.member("hashes"));
  WM_TRY(file.hashes, read_hashes(hashes));
  return file;
}

// --- Delegations

// A delegated role with the name of a top-level one would take that one's file.
Result<void> check_role_name(const JsonView& role, std::string_view name) {
  constexpr std::array kTopLevel = {Root::kType, Timestamp::kType, Snapshot::kType, Targets::kType};
  if (!name.empty() && std::ranges::find(kTopLevel, name) == kTopLevel.end()) return {};
  return role.with_code(ErrorCode::kTufRoleName).fail(fmt::format("a delegated role cannot be named \"{}\"", name));
}

Result<void> read_delegated_paths(const JsonView& object, DelegatedRole& role) {
  const auto paths = object.find("paths");
  const auto prefixes = object.find("path_hash_prefixes");
  if (paths.has_value() == prefixes.has_value())
    return object.fail("a delegation has either \"paths\" or \"path_hash_prefixes\"");
  if (paths) {
    WM_TRY(role.paths, read_strings(*paths));
  } else {
    WM_TRY(role.hash_prefixes, read_strings(*prefixes));
  }
  return {};
}

Result<DelegatedRole> read_delegated_role(const JsonView& object) {
  DelegatedRole role;
  WM_TRY(role.name, string_member(object, "name"));
  WM_CHECK(check_role_name(object, role.name));
  WM_TRY(role.role, read_role(object));
  WM_TRY(const JsonView terminating, object.member("terminating"));
  WM_TRY(role.terminating, terminating.boolean());
  WM_CHECK(read_delegated_paths(object, role));
  return role;
}

Result<std::vector<DelegatedRole>> read_delegated_roles(const JsonView& array) {
  WM_TRY(const JsonItems items, array.array());
  std::vector<DelegatedRole> roles;
  std::set<std::string, std::less<>> names;
  for (const JsonView item : items) {
    WM_TRY(DelegatedRole role, read_delegated_role(item));
    if (!names.insert(role.name).second) return twice(item, "role");
    roles.push_back(std::move(role));
  }
  return roles;
}

Result<SuccinctRoles> read_succinct_roles(const JsonView& object) {
  SuccinctRoles roles;
  WM_TRY(roles.role, read_role(object));
  WM_TRY(roles.name_prefix, string_member(object, "name_prefix"));
  WM_TRY(const std::int64_t bits, integer_member(object, "bit_length", 1));
  if (bits > kMaxBitLength) return object.fail(fmt::format("bit_length is above {}", kMaxBitLength));
  roles.bit_length = static_cast<int>(bits);
  return roles;
}

Result<Delegations> read_delegations(const JsonView& object) {
  Delegations delegations;
  WM_TRY(const JsonView keys, object.member("keys"));
  WM_TRY(delegations.keys, read_keys(keys));
  const auto roles = object.find("roles");
  const auto succinct = object.find("succinct_roles");
  if (roles.has_value() == succinct.has_value())
    return object.fail("delegations have either \"roles\" or \"succinct_roles\"");
  if (roles) {
    WM_TRY(delegations.roles, read_delegated_roles(*roles));
  } else {
    WM_TRY(delegations.succinct, read_succinct_roles(*succinct));
  }
  return delegations;
}

// --- The four kinds

Result<void> read_body(const JsonView& part, Root& root) {
  if (const auto consistent = part.find("consistent_snapshot")) {
    WM_TRY(root.consistent_snapshot, consistent->boolean());
  }
  WM_TRY(const JsonView keys, part.member("keys"));
  WM_TRY(root.keys, read_keys(keys));
  WM_TRY(const JsonView roles, part.member("roles"));
  for (const auto& [name, role] :
       {std::pair(Root::kType, &root.root), std::pair(Timestamp::kType, &root.timestamp),
        std::pair(Snapshot::kType, &root.snapshot), std::pair(Targets::kType, &root.targets)}) {
    WM_TRY(const JsonView view, roles.member(name));
    WM_TRY(*role, read_role(view));
  }
  return {};
}

Result<void> read_body(const JsonView& part, Timestamp& timestamp) {
  WM_TRY(const JsonView meta, part.member("meta"));
  WM_TRY(const JsonView snapshot, meta.member("snapshot.json"));
  WM_TRY(timestamp.snapshot, read_meta_file(snapshot));
  return {};
}

Result<void> read_body(const JsonView& part, Snapshot& snapshot) {
  WM_TRY(const JsonView meta, part.member("meta"));
  WM_TRY(const JsonMembers members, meta.object());
  for (const auto& [name, view] : members) {
    WM_TRY(MetaFile file, read_meta_file(view));
    snapshot.files.emplace(name, std::move(file));
  }
  return {};
}

Result<void> read_body(const JsonView& part, Targets& targets) {
  WM_TRY(const JsonView files, part.member("targets"));
  WM_TRY(const JsonMembers members, files.object());
  for (const auto& [path, view] : members) {
    WM_TRY(TargetFile file, read_target_file(view));
    targets.files.emplace(path, std::move(file));
  }
  if (const auto delegations = part.find("delegations")) {
    WM_TRY(targets.delegations, read_delegations(*delegations));
  }
  return {};
}

// --- What they have in common

Result<void> check_type(const JsonView& part, std::string_view wanted) {
  WM_TRY(const JsonView member, part.member("_type"));
  WM_TRY(const std::string_view type, member.string());
  if (type == wanted) return {};
  return member.with_code(ErrorCode::kTufType).fail(fmt::format("\"{}\" where \"{}\" belongs", excerpt(type), wanted));
}

// A client of version 1 reads every 1.x (section 4.2.1, SPEC_VERSION).
Result<void> check_spec_version(const JsonView& part) {
  WM_TRY(const JsonView member, part.member("spec_version"));
  WM_TRY(const std::string_view version, member.string());
  if (version.starts_with("1.")) return {};
  return member.with_code(ErrorCode::kTufSpecVersion)
      .fail(fmt::format("the version \"{}\" of the specification is not known here", excerpt(version)));
}

Result<void> read_common(const JsonView& part, Common& common) {
  WM_CHECK(check_spec_version(part));
  WM_TRY(common.version, integer_member(part, "version", 1));
  if (common.version > kMaxVersion) return part.fail(fmt::format("version {} is too high", common.version));
  WM_TRY(const JsonView expires, part.member("expires"));
  WM_TRY(const std::string_view text, expires.string());
  const std::optional<Time> time = parse_time(text);
  if (!time) return expires.fail(fmt::format("\"{}\" is not a time like 2030-01-31T00:00:00Z", excerpt(text)));
  common.expires = *time;
  return {};
}

Result<std::vector<Signature>> read_signatures(const JsonView& array) {
  WM_TRY(const JsonItems items, array.array());
  std::vector<Signature> signatures;
  for (const JsonView item : items) {
    Signature signature;
    WM_TRY(signature.key_id, string_member(item, "keyid"));
    WM_TRY(signature.hex, string_member(item, "sig"));
    signatures.push_back(std::move(signature));
  }
  std::vector<std::string_view> ids;
  std::ranges::transform(signatures, std::back_inserter(ids), &Signature::key_id);
  if (!all_differ(std::move(ids))) return twice(array, "key id");
  return signatures;
}

}  // namespace

template <class Body>
Result<Metadata<Body>> parse(std::string_view text) {
  if (text.size() > kMaxMetadata) return refuse(ErrorCode::kTufTooLarge, "larger than the limit of 16 MiB");
  WM_TRY(const JsonDocument document, JsonDocument::parse(text));
  const JsonView top = document.root(ErrorCode::kTufMalformed);
  WM_TRY(const JsonView part, top.member("signed"));
  Metadata<Body> metadata;
  WM_CHECK(check_type(part, Body::kType));
  WM_CHECK(read_common(part, metadata.body));
  WM_CHECK(read_body(part, metadata.body));
  WM_TRY(metadata.signed_bytes, canonical_json(part.json()));
  WM_TRY(const JsonView signatures, top.member("signatures"));
  WM_TRY(metadata.signatures, read_signatures(signatures));
  return metadata;
}

template Result<Metadata<Root>> parse<Root>(std::string_view);
template Result<Metadata<Timestamp>> parse<Timestamp>(std::string_view);
template Result<Metadata<Snapshot>> parse<Snapshot>(std::string_view);
template Result<Metadata<Targets>> parse<Targets>(std::string_view);

}  // namespace weightmark::tuf
