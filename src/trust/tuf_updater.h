// The TUF client: what a repository's owners say now, or said last.
// https://theupdateframework.github.io/specification/v1.0.33/ section 5
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "trust/tuf_fetcher.h"
#include "trust/tuf_metadata.h"
#include "trust/tuf_store.h"

namespace weightmark::tuf {

inline constexpr int kMaxRootUpdates = 256;   // in one go (section 5.3.3)
inline constexpr std::size_t kMaxRoles = 32;  // that one target is looked for in (5.6.7.1)

// Online is where metadata comes from and the time that its expiry is measured by, one
// for the whole of an update (section 5.1).
struct Online {
  Fetcher* metadata;
  Time now;
};

// Updater has no clock and no disk of its own. Without Online it takes only what is in
// the store and looks at no expiry: what was verified last is believed for as long as
// nobody can be asked.
//
// The store is never an anchor. It has each root after the first, and each is verified
// by the one before; whatever else it has is verified by those.
class Updater {
 public:
  // open verifies the first root, which comes with the program or from its user, and
  // those after it in the store (sections 5.2 and 5.3). The store must live longer.
  // Errors: those of parse, tuf-signatures.
  static Result<Updater> open(std::string_view anchor, Store& store, std::optional<Online> online);

  // refresh brings the four top-level roles up to date (sections 5.3 to 5.6). What was
  // verified before an error stays in the store.
  // Errors: those of parse and of the fetcher, tuf-signatures, tuf-version,
  // tuf-rollback, tuf-role-removed, tuf-role-unlisted, tuf-expired, tuf-length,
  // tuf-digest, tuf-hash-unknown, tuf-not-cached.
  Result<void> refresh();

  // find looks for a target, depth first, and verifies each role by the keys of the one
  // that led to it (section 5.6.7). After refresh() only.
  // Errors: those of refresh, tuf-target-unknown, tuf-too-many-roles.
  Result<TargetFile> find(std::string_view path);

  // target returns the verified bytes of a target: from `cache`, else from `targets`
  // (section 5.7), which may be null.
  // Errors: those of find and of the fetcher, tuf-length, tuf-digest, tuf-hash-unknown,
  // tuf-not-cached, answer-too-large for a target of over 64 MiB.
  Result<std::string> target(std::string_view path, Fetcher* targets, Store& cache);

  const Root& root() const { return root_; }
  const Timestamp& timestamp() const { return *timestamp_; }
  const Targets& targets() const { return *targets_; }

 private:
  // Trusted is who may sign a role, as the one that leads to it says.
  struct Trusted {
    const Keys& keys;
    const Role& role;
  };

  Updater(Root root, Store& store, std::optional<Online> online)
      : root_(std::move(root)), store_(&store), online_(online) {}

  Result<void> accept_root(std::string_view text);
  std::string load_roots(std::string_view anchor);
  Result<void> fetch_roots();
  Result<void> update_timestamp();
  Result<void> take_timestamp(std::string_view text);
  Result<void> update_snapshot();
  Result<Snapshot> accept_snapshot(std::string_view text) const;
  Result<Snapshot> fetch_snapshot(const std::optional<std::string>& old);
  Result<Targets> accept_targets(std::string_view text, const MetaFile& meta, const Trusted& trusted) const;
  Result<Targets> load_targets(std::string_view name, const Trusted& trusted);
  Result<Targets> fetch_targets(const std::string& file, const MetaFile& meta, const Trusted& trusted);
  Result<std::string> fetch_metadata(const std::string& file, const MetaFile& meta) const;
  Result<void> check_expiry(const Common& common) const;
  Result<std::string> fetch_target(std::string_view path, const TargetFile& file, Fetcher& targets) const;

  Root root_;
  Store* store_;
  std::optional<Online> online_;
  std::optional<Timestamp> timestamp_;
  std::optional<Snapshot> snapshot_;
  std::optional<Targets> targets_;
};

}  // namespace weightmark::tuf
