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
  store.put("root.json", anchor);
  updater.load_roots();
  return updater;
}

Result<void> Updater::refresh() {
  if (online_) WM_CHECK(about("root.json", fetch_roots()));
  WM_CHECK(about("root.json", check_expiry(root_)));
  WM_CHECK(about("timestamp.json", update_timestamp()));
  WM_CHECK(about("snapshot.json", update_snapshot()));
  WM_TRY(targets_, load_targets(Targets::kType, root_.keys, root_.targets));
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

// load_roots goes on from the anchor as far as the store's roots lead.
void Updater::load_roots() {
  for (int i = 0; i < kMaxRootUpdates; ++i) {
    const std::optional<std::string> text = store_->get(history_of(root_.version + 1));
    if (!text || !accept_root(*text)) return;
    store_->put("root.json", *text);
  }
}

Result<void> Updater::fetch_roots() {
  for (int i = 0; i < kMaxRootUpdates; ++i) {
    const std::string name = fmt::format("{}.root.json", root_.version + 1);
    const Result<std::string> text = online_->metadata->fetch(name, kMaxMetadata);
    if (!text && text.error().code == ErrorCode::kServerNotFound) return {};
    if (!text) return std::unexpected(text.error());
    WM_CHECK(accept_root(*text));
    store_->put(history_of(root_.version), *text);
    store_->put("root.json", *text);
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
  if (!online_ && !timestamp_) return refuse(ErrorCode::kTufNotCached, "no usable copy of it here");
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

Result<Snapshot> Updater::accept_snapshot(std::string_view text, const Snapshot* previous) const {
  WM_CHECK(check_meta_file(timestamp_->snapshot, text));
  WM_TRY(Snapshot fresh, verify<Snapshot>(text, root_.keys, root_.snapshot));
  WM_CHECK(check_version(fresh.version, timestamp_->snapshot.version));
  if (previous != nullptr) WM_CHECK(check_no_rollback(fresh, *previous));
  WM_CHECK(check_expiry(fresh));
  return fresh;
}

// The snapshot in the store need not be the one that the timestamp speaks of to say
// which versions were seen: what is older than the hashes is still signed.
Result<void> Updater::update_snapshot() {
  const std::string file = file_of(Snapshot::kType);
  const std::optional<std::string> old = store_->get(file);
  Result<Snapshot> previous = refuse(ErrorCode::kTufNotCached, "no usable copy of it here");
  if (old) previous = verify<Snapshot>(*old, root_.keys, root_.snapshot);
  if (old && previous) {
    Result<Snapshot> current = accept_snapshot(*old, nullptr);
    if (current) snapshot_ = *std::move(current);
    if (current || !online_) return current ? Result<void>() : std::unexpected(current.error());
  }
  if (!online_) return std::unexpected(previous.error());
  const MetaFile& meta = timestamp_->snapshot;
  WM_TRY(const std::string text,
         online_->metadata->fetch(versioned(file, meta.version), meta.length.value_or(kMaxMetadata)));
  WM_TRY(snapshot_, accept_snapshot(text, previous ? &*previous : nullptr));
  store_->put(file, text);
  return {};
}

// --- Targets (section 5.6)

// A role in the store is verified by the keys of who leads to it now: what another
// delegator's keys once vouched for says nothing.
Result<Targets> Updater::load_targets(std::string_view name, const Keys& keys, const Role& role) {
  const std::string file = file_of(name);
  const auto listed = snapshot_->files.find(fmt::format("{}.json", name));
  if (listed == snapshot_->files.end())
    return refuse(ErrorCode::kTufRoleUnlisted, "the snapshot does not list it", file);
  const MetaFile& meta = listed->second;
  const auto accept = [&](std::string_view text) -> Result<Targets> {
    WM_CHECK(check_meta_file(meta, text));
    WM_TRY(Targets fresh, verify<Targets>(text, keys, role));
    WM_CHECK(check_version(fresh.version, meta.version));
    WM_CHECK(check_expiry(fresh));
    return fresh;
  };
  const std::optional<std::string> old = store_->get(file);
  Result<Targets> current = refuse(ErrorCode::kTufNotCached, "no usable copy of it here");
  if (old) current = accept(*old);
  if (current || !online_) return about(file, std::move(current));
  WM_TRY(const std::string text,
         about(file, online_->metadata->fetch(versioned(file, meta.version), meta.length.value_or(kMaxMetadata))));
  current = accept(text);
  if (current) store_->put(file, text);
  return about(file, std::move(current));
}

std::string Updater::versioned(std::string_view name, std::int64_t version) const {
  return root_.consistent_snapshot ? fmt::format("{}.{}", version, name) : std::string(name);
}

}  // namespace weightmark::tuf
