#include "trust/tuf_updater.h"

#include <fmt/format.h>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "trust/percent.h"
#include "trust/tuf_signatures.h"
#include "trust/tuf_time.h"

namespace weightmark::tuf {
namespace {

std::string file_of(std::string_view role) { return percent_encode(role) + ".json"; }

std::string history_of(std::int64_t version) { return fmt::format("root_history/{}.root.json", version); }

// about names the file that an error is about, before the place in it.
template <class T>
Result<T> about(std::string_view name, Result<T> result) {
  if (!result) {
    std::string& subject = result.error().subject;
    subject = subject.empty() ? std::string(name) : fmt::format("{}: {}", name, subject);
  }
  return result;
}

// verify reads a file and checks who signed it.
template <class Body>
Result<Body> verify(std::string_view text, const Keys& keys, const Role& role) {
  WM_TRY(Metadata<Body> metadata, parse<Body>(text));
  WM_CHECK(check_signatures(signed_text(metadata), keys, role));
  return std::move(metadata.body);
}

std::unexpected<Error> not_cached() { return refuse(ErrorCode::kTufNotCached, "no usable copy of it here"); }

Result<void> check_version(std::int64_t found, std::int64_t wanted) {
  if (found == wanted) return {};
  return refuse(ErrorCode::kTufVersion, fmt::format("is version {} where {} is expected", found, wanted));
}

Result<void> check_no_rollback(std::int64_t found, std::int64_t seen) {
  if (found >= seen) return {};
  return refuse(ErrorCode::kTufRollback, fmt::format("version {} was seen before, and now {} is offered", seen, found));
}

// Section 5.5.5: each file that the old snapshot lists is in the new one, not older.
Result<void> check_no_rollback(const Snapshot& fresh, const Snapshot& seen) {
  for (const auto& [name, file] : seen.files) {
    const auto found = fresh.files.find(name);
    if (found == fresh.files.end())
      return refuse(ErrorCode::kTufRoleRemoved, fmt::format("{} is not in it any more", excerpt(name)));
    WM_CHECK(about(excerpt(name), check_no_rollback(found->second.version, file.version)));
  }
  return {};
}

}  // namespace

Result<Updater> Updater::open(std::string_view anchor, Store& store, std::optional<Online> online) {
  WM_TRY(Metadata<Root> root, about("the first root", parse<Root>(anchor)));
  WM_CHECK(about("the first root", check_signatures(signed_text(root), root.body.keys, root.body.root)));
  Updater updater(std::move(root.body), store, online);
  const std::string last = updater.load_roots(anchor);
  if (online && store.get(file_of(Root::kType)) != last) store.put(file_of(Root::kType), last);
  return updater;
}

Result<void> Updater::refresh() {
  if (online_) WM_CHECK(about("root.json", fetch_roots()));
  WM_CHECK(about("root.json", check_expiry(root_)));
  WM_CHECK(about("timestamp.json", update_timestamp()));
  WM_CHECK(about("snapshot.json", update_snapshot()));
  WM_TRY(targets_, load_targets(Targets::kType, {root_.keys, root_.targets}));
  return {};
}

// --- Root (section 5.3)

// accept_root takes the next root, signed as the trusted one demands and as it demands
// itself. Its expiry does not matter before it is the last one (5.3.8).
Result<void> Updater::accept_root(std::string_view text) {
  WM_TRY(Metadata<Root> next, parse<Root>(text));
  WM_CHECK(check_signatures(signed_text(next), root_.keys, root_.root));
  WM_CHECK(check_signatures(signed_text(next), next.body.keys, next.body.root));
  WM_CHECK(check_version(next.body.version, root_.version + 1));
  root_ = std::move(next.body);
  return {};
}

// load_roots goes on from the anchor as far as the store's roots lead, and returns the
// text of the last.
std::string Updater::load_roots(std::string_view anchor) {
  std::string last(anchor);
  for (int i = 0; i < kMaxRootUpdates; ++i) {
    std::optional<std::string> text = store_->get(history_of(root_.version + 1));
    if (!text || !accept_root(*text)) break;
    last = *std::move(text);
  }
  return last;
}

Result<void> Updater::fetch_roots() {
  for (int i = 0; i < kMaxRootUpdates; ++i) {
    const std::string name = fmt::format("{}.root.json", root_.version + 1);
    const Result<std::string> text = online_->metadata->fetch(name, kMaxMetadata);
    if (!text && text.error().code == ErrorCode::kServerNotFound) return {};
    if (!text) return std::unexpected(text.error());
    WM_CHECK(accept_root(*text));
    store_->put(history_of(root_.version), *text);
    store_->put(file_of(Root::kType), *text);
  }
  return {};
}

Result<void> Updater::check_expiry(const Common& common) const {
  if (!online_ || common.expires > online_->now) return {};
  return refuse(ErrorCode::kTufExpired,
                fmt::format("version {} expired at {}", common.version, format_time(common.expires)));
}

// --- Timestamp (section 5.4)

// A timestamp in the store that the keys of today's root did not sign is dropped: that
// is how a repository gets out of a fast-forward attack (5.3.11).
Result<void> Updater::update_timestamp() {
  if (const std::optional<std::string> text = store_->get(file_of(Timestamp::kType))) {
    Result<Timestamp> seen = verify<Timestamp>(*text, root_.keys, root_.timestamp);
    if (seen) timestamp_ = *std::move(seen);
  }
  if (!online_ && !timestamp_) return not_cached();
  if (!online_) return {};
  WM_TRY(const std::string text, online_->metadata->fetch(file_of(Timestamp::kType), kMaxMetadata));
  return take_timestamp(text);
}

// Where the version is the one that was seen, the new file is dropped (5.4.3.1).
Result<void> Updater::take_timestamp(std::string_view text) {
  WM_TRY(Timestamp fresh, verify<Timestamp>(text, root_.keys, root_.timestamp));
  if (timestamp_ && fresh.version == timestamp_->version) return check_expiry(*timestamp_);
  if (timestamp_) {
    WM_CHECK(check_no_rollback(fresh.version, timestamp_->version));
    WM_CHECK(about(file_of(Snapshot::kType), check_no_rollback(fresh.snapshot.version, timestamp_->snapshot.version)));
  }
  WM_CHECK(check_expiry(fresh));
  timestamp_ = std::move(fresh);
  store_->put(file_of(Timestamp::kType), text);
  return {};
}

// --- Snapshot (section 5.5)

Result<Snapshot> Updater::accept_snapshot(std::string_view text) const {
  WM_CHECK(check_meta_file(timestamp_->snapshot, text));
  WM_TRY(Snapshot snapshot, verify<Snapshot>(text, root_.keys, root_.snapshot));
  WM_CHECK(check_version(snapshot.version, timestamp_->snapshot.version));
  WM_CHECK(check_expiry(snapshot));
  return snapshot;
}

Result<void> Updater::update_snapshot() {
  const std::optional<std::string> old = store_->get(file_of(Snapshot::kType));
  Result<Snapshot> current = old ? accept_snapshot(*old) : Result<Snapshot>(not_cached());
  if (!current && online_) current = fetch_snapshot(old);
  if (!current) return std::unexpected(std::move(current).error());
  snapshot_ = *std::move(current);
  return {};
}

// The old snapshot says which versions were seen, although the timestamp does not speak
// of it any more: it is signed all the same.
Result<Snapshot> Updater::fetch_snapshot(const std::optional<std::string>& old) {
  const std::string file = file_of(Snapshot::kType);
  WM_TRY(const std::string text, fetch_metadata(file, timestamp_->snapshot));
  WM_TRY(Snapshot fresh, accept_snapshot(text));
  const Result<Snapshot> seen =
      old ? verify<Snapshot>(*old, root_.keys, root_.snapshot) : Result<Snapshot>(not_cached());
  if (seen) WM_CHECK(check_no_rollback(fresh, *seen));
  store_->put(file, text);
  return fresh;
}

// --- Targets (section 5.6)

Result<Targets> Updater::accept_targets(std::string_view text, const MetaFile& meta, const Trusted& trusted) const {
  WM_CHECK(check_meta_file(meta, text));
  WM_TRY(Targets targets, verify<Targets>(text, trusted.keys, trusted.role));
  WM_CHECK(check_version(targets.version, meta.version));
  WM_CHECK(check_expiry(targets));
  return targets;
}

// A role in the store is verified by the keys of who leads to it now: what another
// delegator's keys once vouched for says nothing.
Result<Targets> Updater::load_targets(std::string_view name, const Trusted& trusted) {
  const std::string file = file_of(name);
  const auto listed = snapshot_->files.find(fmt::format("{}.json", name));
  if (listed == snapshot_->files.end())
    return refuse(ErrorCode::kTufRoleUnlisted, "the snapshot does not list it", file);
  const std::optional<std::string> old = store_->get(file);
  Result<Targets> current = old ? accept_targets(*old, listed->second, trusted) : Result<Targets>(not_cached());
  if (!current && online_) current = fetch_targets(file, listed->second, trusted);
  return about(file, std::move(current));
}

Result<Targets> Updater::fetch_targets(const std::string& file, const MetaFile& meta, const Trusted& trusted) {
  WM_TRY(const std::string text, fetch_metadata(file, meta));
  WM_TRY(Targets fresh, accept_targets(text, meta, trusted));
  store_->put(file, text);
  return fresh;
}

Result<std::string> Updater::fetch_metadata(const std::string& file, const MetaFile& meta) const {
  const std::string name = root_.consistent_snapshot ? fmt::format("{}.{}", meta.version, file) : file;
  return online_->metadata->fetch(name, meta.length.value_or(kMaxMetadata));
}

}  // namespace weightmark::tuf
